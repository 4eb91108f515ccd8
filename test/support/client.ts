/** A person who uses the API: what they send carries their token. */
export interface Client {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  /** `fetch` under the server's address, with the token; `json` is sent as the body. */
  send(path: string, options?: SendOptions): Promise<Response>;
}

export interface SendOptions extends RequestInit {
  json?: unknown;
}

let people = 0;

/** @returns names that nobody else has, also on a server that other specs use */
export function newPerson() {
  const username = `person-${people++}-${crypto.randomUUID().slice(0, 8)}`;
  return { username, email: `${username}@example.org`, password: "a long enough phrase" };
}

/** Registers somebody new and signs them in. */
export async function signUp(url: string, person = newPerson()): Promise<Client> {
  const registered = await send(url, "/api/register", { json: person });
  if (registered.status !== 201)
    throw new Error(`registering answered ${registered.status}: ${await registered.text()}`);
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

/** @returns a fresh token */
export async function signIn(
  url: string,
  { username, password }: { username: string; password: string },
): Promise<string> {
  const response = await send(url, "/api/login", { json: { username, password } });
  const { accessToken } = (await response.json()) as { accessToken: string };
  return accessToken;
}

/** `fetch` with a JSON body, by POST unless said. Redirects are answers like any other. */
export function send(url: string, path: string, { json, ...options }: SendOptions = {}): Promise<Response> {
  const body = json === undefined ? {} : { method: "POST", body: JSON.stringify(json) };
  const headers = {
    ...(json !== undefined && { "content-type": "application/json" }),
    ...(options.headers as Record<string, string>),
  };
  return fetch(url + path, { redirect: "manual", ...body, ...options, headers });
}
