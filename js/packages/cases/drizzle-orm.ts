// Building SQL only: there is no database yet.
import { and, eq, gt, sql } from "drizzle-orm";
import { integer, QueryBuilder, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { checked, same } from "../check";

const users = sqliteTable("users", { id: integer("id").primaryKey(), name: text("name").notNull(), age: integer("age") });

export default checked(() => {
  const query = new QueryBuilder().select({ name: users.name, n: sql<number>`count(*)` }).from(users)
    .where(and(eq(users.name, "bob"), gt(users.age, 7))).groupBy(users.name).limit(5).toSQL();
  same(query, {
    sql: 'select "name", count(*) from "users" where ("users"."name" = ? and "users"."age" > ?) group by "users"."name" limit ?',
    params: ["bob", 7, 5],
  });
});
