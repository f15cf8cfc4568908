import { AwsClient } from "aws4fetch";
import { checked, holds, same } from "../check";

export default checked(async () => {
  const client = new AwsClient({ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", service: "s3", region: "eu-central-1" });
  const signed = await client.sign("https://bucket.s3.amazonaws.com/menu.txt", { aws: { signQuery: true, datetime: "20260101T000000Z" } });
  const query = new URL(signed.url).searchParams;
  same(query.get("X-Amz-Credential"), "AKIDEXAMPLE/20260101/eu-central-1/s3/aws4_request");
  holds(/^[0-9a-f]{64}$/.test(query.get("X-Amz-Signature") ?? ""), "signed");
});
