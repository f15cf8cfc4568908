import i18next from "i18next";
import { checked, same } from "../check";

export default checked(async () => {
  const t = await i18next.createInstance().init({
    lng: "de",
    fallbackLng: "en",
    resources: { en: { translation: { bye: "bye" } }, de: { translation: { hello: "Hallo {{name}}" } } },
  });
  same([t("hello", { name: "Bob" }), t("bye")], ["Hallo Bob", "bye"]);
});
