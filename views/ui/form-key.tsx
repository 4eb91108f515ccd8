/**
 * The one-time key of a plain form: two clicks send it twice. Without `autocomplete`, Firefox would keep the old key when
 * the page is reloaded.
 */
export const FormKey = ({ value }: { value: string | undefined }) =>
  value === undefined ? null : <input type="hidden" name="key" value={value} autocomplete="off" />;
