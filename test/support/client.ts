/** An account with an access token, which its requests carry. */
export interface Client {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  /** Sends a request to a path of the server, with the token; `json` becomes the body. */
  send(path: string, options?: SendOptions): Promise<Response>;
}

export interface SendOptions extends RequestInit {
  json?: unknown;
}

let count = 0;

/** Returns credentials that are unique, also on a server that other specs use. */
export function newCredentials() {
  const username = `person-${count++}-${crypto.randomUUID().slice(0, 8)}`;
  return { username, email: `${username}@example.org`, password: "a long enough phrase" };
}

/** Creates an account and signs in. */
export async function signUp(url: string, person = newCredentials()): Promise<Client> {
  const registered = await send(url, "/api/register", { json: person });
  if (registered.status !== 201)
    throw new Error(`/api/register returned ${registered.status}: ${await registered.text()}`);
  const token = await signIn(url, person);
  return {
    ...person,
    token,
    send: (path, options = {}) =>
      send(url, path, {
        ...options,
        headers: { authorization: `Bearer ${token}`, ...(options.headers as Record<string, string>) },
      }),
  };
}

/** Signs in. @returns an access token */
export async function signIn(
  url: string,
  { username, password }: { username: string; password: string },
): Promise<string> {
  const response = await send(url, "/api/login", { json: { username, password } });
  const { accessToken } = (await response.json()) as { accessToken: string };
  return accessToken;
}

/** Sends a request, by default a POST if it has a JSON body, and follows no redirects. */
export function send(url: string, path: string, { json, ...options }: SendOptions = {}): Promise<Response> {
  const body = json === undefined ? {} : { method: "POST", body: JSON.stringify(json) };
  const headers = {
    ...(json !== undefined && { "content-type": "application/json" }),
    ...(options.headers as Record<string, string>),
  };
  return fetch(url + path, { redirect: "manual", ...body, ...options, headers });
}
