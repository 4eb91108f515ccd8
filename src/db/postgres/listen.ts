import type { SQL } from "bun";

/** How often to check the connection, which also keeps it from being dropped on the way. */
const CHECK_MS = 3000;

export interface Listening {
  close(): Promise<void>;
}

/**
 * Listens to a channel on a connection of its own. A connection that was cut without a packet, by NAT or a failed node,
 * looks like an idle one. So this process regularly notifies a channel of its own, and reconnects if the notification
 * has not arrived by the next check.
 * @param notify notifies a channel through another connection
 * @param onMessage called with each payload, and with undefined if notifications may have been lost
 * @throws Error of the driver if the server can't be reached at first; later connections are retried
 */
export async function listenTo(
  channel: string,
  open: () => SQL,
  notify: (channel: string) => Promise<unknown>,
  onMessage: (payload: string | undefined) => void,
): Promise<Listening> {
  const ownChannel = `${channel}_${Bun.randomUUIDv7()}`;
  let connection = open();
  let alive = true;
  let checking = false;

  async function listen() {
    const current = connection;
    await current.listen(ownChannel, () => {
      if (current === connection) alive = true;
    });
    await current.listen(channel, onMessage, () => onMessage(undefined));
  }

  async function check() {
    if (checking) return;
    checking = true;
    try {
      if (!alive) {
        void connection.close({ timeout: 0 }).catch(() => {});
        connection = open();
        await listen();
      }
      alive = false;
      await notify(ownChannel);
    } catch {
      // The server is unreachable. The next check tries again.
    } finally {
      checking = false;
    }
  }

  try {
    await listen();
  } catch (error) {
    await connection.close({ timeout: 0 });
    throw error;
  }
  const timer = setInterval(check, CHECK_MS);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await connection.close({ timeout: 0 });
    },
  };
}
