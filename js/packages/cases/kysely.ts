// Building SQL only: there is no database yet.
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { checked, same } from "../check";

interface Tables {
  person: { id: number; name: string };
}
const db = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

export default checked(async () => {
  const query = db.selectFrom("person").select(["id"]).where("name", "=", "bob").orderBy("id").compile();
  same([query.sql, query.parameters], ['select "id" from "person" where "name" = ? order by "id"', ["bob"]]);
  same(await db.selectFrom("person").selectAll().execute(), []);
});
