import { createSchema, createYoga } from "graphql-yoga";
import { checked, same } from "../check";

const yoga = createYoga({
  logging: false,
  schema: createSchema({ typeDefs: "type Query { hello(name: String!): String! }", resolvers: { Query: { hello: (_: unknown, { name }: { name: string }) => `Hello, ${name}` } } }),
});

export default checked(async () => {
  const response = await yoga.fetch("http://x/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: 'query ($n: String!) { hello(name: $n) }', variables: { n: "Ada" } }),
  });
  same([response.status, await response.json()], [200, { data: { hello: "Hello, Ada" } }]);
});
