import type { SQL } from "bun";

/** How often it is looked whether words still come through. It keeps the connection from being forgotten on its way, too. */
const LOOK_MS = 3000;

export interface Listening {
  close(): Promise<void>;
}

/**
 * Listens to a channel on a connection of its own. One that was cut off without a packet, as by a NAT that forgot it or
 * by a node that died, looks like one on which nothing happens: so a word of its own is sent and waited for again and
 * again, and the connection is made anew when that is still away at the next look.
 * @param notify sends a word by another connection
 * @param hear is told what comes, and of undefined when something may have been missed
 * @throws Error of the driver when the server can't be reached at first; later it is tried again
 */
export async function listenTo(
  channel: string,
  open: () => SQL,
  notify: (channel: string) => Promise<unknown>,
  hear: (word: string | undefined) => void,
): Promise<Listening> {
  const own = `${channel}_${Bun.randomUUIDv7()}`;
  let connection = open();
  let through = true;
  let looking = false;

  async function begin() {
    const mine = connection;
    await mine.listen(own, () => {
      if (mine === connection) through = true;
    });
    await mine.listen(channel, hear, () => hear(undefined));
  }

  async function look() {
    if (looking) return;
    looking = true;
    try {
      if (!through) {
        void connection.close({ timeout: 0 }).catch(() => {});
        connection = open();
        await begin();
      }
      through = false;
      await notify(own);
    } catch {
      // The server is away: the next look tries again.
    } finally {
      looking = false;
    }
  }

  try {
    await begin();
  } catch (error) {
    await connection.close({ timeout: 0 });
    throw error;
  }
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await connection.close({ timeout: 0 });
    },
  };
}
