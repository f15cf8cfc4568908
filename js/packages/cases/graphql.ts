import { buildSchema, graphql, parse, print } from "graphql";
import { checked, same } from "../check";

const schema = buildSchema("type Query { hello(name: String!): String, list: [Int!]! }");

export default checked(async () => {
  const rootValue = { hello: ({ name }: { name: string }) => `hello ${name}`, list: async () => [1, 2] };
  const good = await graphql({ schema, source: '{ hello(name: "bob") list }', rootValue });
  same(good.data, { hello: "hello bob", list: [1, 2] });
  same((await graphql({ schema, source: "{ nope }" })).errors?.[0].message, 'Cannot query field "nope" on type "Query".');
  same(print(parse("{a}")), "{\n  a\n}");
});
