import { Icon } from "./icon.tsx";

export interface ToastProps {
  message: string;
  kind?: "done" | "problem";
  /** The change that its Undo takes back. */
  undo?: number | undefined;
  /** Part of a whole page, not sent to one that is open. */
  inPage?: boolean;
}

/** A message that floats for a while. htmx puts it where the others are; `inPage` it is there already. */
export const Toast = ({ message, kind = "done", undo, inPage = false }: ToastProps) => {
  const toast = (
    <div class={`toast-note toast-${kind}`}>
      {kind === "problem" && <Icon name="exclamation" />}
      <span class="toast-text" safe>
        {message}
      </span>
      {undo !== undefined ? (
        <form method="post" action={`/changes/${undo}/undo`} hx-post={`/changes/${undo}/undo`} hx-swap="none">
          <button class="toast-action" type="submit">
            Undo
          </button>
        </form>
      ) : null}
      <button class="toast-close needs-script" type="button" data-dismiss aria-label="Dismiss">
        <Icon name="close" />
      </button>
    </div>
  );
  return inPage ? toast : <div hx-swap-oob="beforeend:#toasts">{toast}</div>;
};
