// A webhook's signature; calling out needs a grant.
import Stripe from "stripe";
import { checked, same, thrown } from "../check";

export default checked(async () => {
  const stripe = new Stripe("sk_test_x");
  const payload = JSON.stringify({ id: "evt_1", object: "event" });
  const secret = "whsec_test";
  const header = await stripe.webhooks.generateTestHeaderStringAsync({ payload, secret });
  same((await stripe.webhooks.constructEventAsync(payload, header, secret)).id, "evt_1");
  same((await thrown(() => stripe.webhooks.constructEventAsync(payload + " ", header, secret))).name, "Error");
});
