/** What the floor and the peer are told, as JSON in the file that SURROUNDINGS names; DATA_DIR holds their database. */
export interface Surroundings {
  /** Signs the tokens that TaskFlow gave out. */
  readonly secret: string;
  readonly tokens: readonly { readonly token: string; readonly ownerId: string }[];
  /** TaskFlow's own list page before and after its rows, so that everyone sends the same bytes. */
  readonly page: { readonly head: string; readonly tail: string; readonly icons: string };
  /** The file that is served, and the folder that holds it. */
  readonly asset: { readonly path: string; readonly folder: string; readonly name: string };
}
