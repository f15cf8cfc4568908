//! What `serviceful types` writes, judged by TypeScript's own compiler (npm `typescript`, pinned in `js/packages`).
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;

use crate::platform::programs;

/// Where `scripts/install-js-packages.sh` put the packages. What lies below it finds them.
fn packages() -> PathBuf {
    let folder = std::env::var_os("SERVICEFUL_JS_PACKAGES")
        .map_or_else(|| programs().parent().unwrap().join("js-packages"), PathBuf::from);
    let compiler = folder.join("node_modules/.bin/tsc");
    assert!(compiler.exists(), "{} is missing; run `make js-packages`", compiler.display());
    folder
}

fn serviceful(arguments: &[&str]) -> String {
    let ran = Command::new(programs().join("serviceful")).args(arguments).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{arguments:?}: {out}{err}");
    out.into_owned()
}

/// What the compiler says of the folder; nothing when all is well. Everything is strict, and no declaration is let pass.
fn judged(folder: &Path, strict: bool) -> String {
    let options = json!({
        "compilerOptions": {
            "target": "ES2023", "module": "ESNext", "moduleResolution": "Bundler", "lib": ["ES2023", "WebWorker"], "types": [],
            "strict": strict, "allowJs": !strict, "checkJs": !strict, "exactOptionalPropertyTypes": strict, "noEmit": true,
            "isolatedModules": true, "resolveJsonModule": true, "skipLibCheck": false,
        },
        "include": ["**/*"], "exclude": ["node_modules"],
    });
    let file = folder.join("tsconfig.judge.json");
    fs::write(&file, options.to_string()).unwrap();
    let ran = Command::new(packages().join("node_modules/.bin/tsc")).arg("-p").arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.success(), said.trim().is_empty(), "{said}");
    said
}

/// A folder below the packages.
fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("types-").tempdir_in(packages()).unwrap()
}

/// A project with this manifest and code, with the types that are written for it.
fn project(manifest: &str, code: &str) -> tempfile::TempDir {
    let folder = folder();
    fs::write(folder.path().join("serviceful.toml"), manifest).unwrap();
    fs::write(folder.path().join("a.ts"), code).unwrap();
    serviceful(&["types", folder.path().to_str().unwrap()]);
    folder
}

const SHOP: &str = r#"
name = "shop"
[[function]]
route = "/*"
source = "a.ts"
kv = "rw"
secrets = ["STRIPE_KEY"]
config = { GREETING = "Hi", "a.b-c" = "2" }
"#;

#[test]
fn every_template_and_example_compiles() {
    for (template, strict) in [("js", false), ("static", false), ("ts", true), ("hono", true)] {
        let top = folder();
        let made = top.path().join("tea-shop");
        serviceful(&["new", "tea-shop", "--template", template, "--folder", made.to_str().unwrap()]);
        // What comes with the template is what would be written now.
        let kept = fs::read_to_string(made.join("serviceful.d.ts"));
        serviceful(&["types", made.to_str().unwrap()]);
        assert!(kept.is_ok() || !strict, "{template} has no serviceful.d.ts");
        if let Ok(kept) = kept {
            assert_eq!(kept, fs::read_to_string(made.join("serviceful.d.ts")).unwrap(), "{template}");
        }
        assert_eq!(judged(&made, strict), "", "{template}");
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples")).unwrap() {
        let example = entry.unwrap().path();
        if !example.join("serviceful.d.ts").exists() {
            continue;
        }
        let top = folder();
        let name = example.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(Command::new("cp").arg("-r").arg(&example).arg(top.path()).status().unwrap().success());
        assert_eq!(judged(&top.path().join(&name), true), "", "{name}");
        found.push(name);
    }
    found.sort();
    assert_eq!(found, ["guestbook", "hello-ts", "orders", "webhook"]);
}

#[test]
fn right_use_of_what_an_app_has_compiles() {
    let right = r#"
import assert from "node:assert/strict";
import plain, { AssertionError } from "node:assert";
import { describe, it, test } from "node:test";
import text from "./menu.txt";

export async function list(request: Request, env: Serviceful.Env, ctx: Serviceful.Context): Promise<Response> {
  const greeting: string = env.GREETING + env["a.b-c"] + env.SECRETS.STRIPE_KEY + text;
  await env.KV.put("cart", JSON.stringify([1]), { expirationTtl: 60, metadata: { by: "Ada" } });
  const cart: number[] | null = await env.KV.get<number[]>("cart", "json");
  const bytes: ArrayBuffer | null = await env.KV.get("cart", { type: "arrayBuffer" });
  const several: Map<string, string | null> = await env.KV.get(["a", "b"]);
  const { value, metadata } = await env.KV.getWithMetadata<{ by: string }>("cart");
  const page = await env.KV.list<{ by: string }>({ prefix: "c", limit: 10 });
  const next: string | null = page.list_complete ? null : page.cursor;
  const names: (string | undefined)[] = page.keys.map((key) => key.metadata?.by);
  await env.KV.delete("cart");
  ctx.waitUntil(Promise.resolve());
  const who: string = ctx.caller.kind === "user" ? ctx.caller.subject : ctx.caller.kind === "workload" ? ctx.caller.id : "nobody";
  const person: Serviceful.User = ctx.require("multi-factor", 300);
  const may: boolean = ctx.allowed("refund", "order-7");
  return Response.json({ greeting, cart, bytes, several, value, by: metadata?.by, next, names, who, person, may, at: request.url });
}

describe("list", () => {
  it.skip("later");
  test("answers", { timeout: 100 }, async ({ env, name }) => {
    await env.KV.put("cart", name);
    assert.equal(1, 1);
    assert.throws(() => { throw new TypeError("x"); }, /x/);
    await plain.rejects(Promise.reject(new AssertionError()), AssertionError);
  });
});

export default { fetch: (request, env, ctx) => list(request, env, ctx) } satisfies Serviceful.Handler;
"#;
    let project = project(SHOP, right);
    fs::write(project.path().join("menu.txt"), "tea").unwrap();
    assert_eq!(judged(project.path(), true), "");
}

#[test]
fn wrong_use_is_an_error() {
    let wrong = [
        ("env.KV.nope;", "Property 'nope' does not exist on type 'KVNamespace'"),
        ("env.DB.prepare(\"SELECT 1\");", "Property 'DB' does not exist on type 'Env'"),
        ("env.SECRETS.OTHER;", "Property 'OTHER' does not exist"),
        ("env.SECRETS.STRIPE_KEY = \"x\";", "read-only"),
        ("env.OTHER;", "Property 'OTHER' does not exist on type 'Env'"),
        ("const n: number = env.GREETING;", "not assignable to type 'number'"),
        ("env.KV.get(\"a\", \"xml\");", "No overload matches"),
        ("env.KV.put(\"a\", { a: 1 });", "'a' does not exist in type"),
        ("ctx.require(\"strong\");", "not assignable to parameter of type 'Assurance'"),
        ("ctx.caller.subject;", "does not exist on type 'Caller'"),
        ("ctx.caller = ctx.caller;", "read-only"),
        ("if (await ctx.allowed(1)) {}", "not assignable to parameter of type 'string'"),
        ("const h: Serviceful.Handler = { scheduled() {} };", "Property 'fetch' is missing"),
        ("const h: Serviceful.Handler = { fetch: () => \"text\" };", "Type 'string' is not assignable to type"),
    ];
    let mut code = String::from("export async function a(env: Serviceful.Env, ctx: Serviceful.Context) {\n");
    for (line, _) in wrong {
        code.push_str(&format!("  {{ {line} }}\n"));
    }
    code.push_str("}\n");
    let project = project(SHOP, &code);
    let said = judged(project.path(), true);
    for (number, (line, words)) in wrong.iter().enumerate() {
        let place = format!("a.ts({},", number + 2);
        // What belongs to an error stands below it, set in.
        let of_line = said.split("\n").skip_while(|line| !line.contains(&place));
        let mut of_line =
            of_line.enumerate().take_while(|(at, line)| *at == 0 || line.contains(&place) || line.starts_with(' '));
        assert!(of_line.any(|(_, line)| line.contains(words)), "`{line}`, wanted `{words}`: {said}");
    }
    // A function that may only read is not told of writing.
    let reads = project_that_reads();
    assert!(judged(reads.path(), true).contains("Property 'put' does not exist on type 'KVReader'"));
}

fn project_that_reads() -> tempfile::TempDir {
    project(&SHOP.replace("\"rw\"", "\"r\""), "export const a = (env: Serviceful.Env) => env.KV.put(\"a\", \"b\");\n")
}
