// A function in the style of a service worker. Nothing in here knows the platform that runs it.

let served = 0; // stays 0 from one request to the next when every request gets a sandbox of its own

async function answer(request) {
  const url = new URL(request.url);
  switch (url.pathname.split('/').pop()) {
    case 'echo':
      return new Response(request.body, { headers: { 'content-type': request.headers.get('content-type') ?? 'application/octet-stream' } });
    case 'headers':
      return Response.json([...request.headers]);
    case 'state':
      return Response.json({ served: served++ });
    case 'log':
      console.log('said on the log');
      return new Response('said\n');
    case 'fetch':
      // nothing is granted, so this must fail
      return fetch(url.searchParams.get('to') ?? 'http://127.0.0.1:1/').then(
        (response) => Response.json({ ok: true, status: response.status }),
        (error) => Response.json({ ok: false, said: String(error) }),
      );
    default:
      return new Response(`Hello from JavaScript at ${url.pathname}.\n`, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
  }
}

addEventListener('fetch', (event) => event.respondWith(answer(event.request)));
