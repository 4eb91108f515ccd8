import { Icon } from "./icon.tsx";

/** What takes an action back: the moment it was done names the tasks it was done to. */
export interface UndoOffer {
  action: string;
  at: Date;
}

export interface ToastProps {
  message: string;
  kind?: "done" | "problem";
  undo?: UndoOffer | undefined;
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
      {undo ? (
        <form method="post" action="/tasks/undo" hx-post="/tasks/undo" hx-swap="none">
          <input type="hidden" name="action" value={undo.action} />
          <input type="hidden" name="at" value={String(undo.at.getTime())} />
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
