import { FormKey } from "./form-key.tsx";
import { Icon } from "./icon.tsx";

export interface ToastLink {
  readonly label: string;
  readonly href: string;
}

export interface ToastProps {
  message: string;
  kind?: "done" | "problem";
  /** The change that Undo takes back. */
  undo?: number | undefined;
  link?: ToastLink | undefined;
  /** Part of a whole page, not sent to an open one. */
  inPage?: boolean;
  formKey?: string | undefined;
  /** By which an administrator finds a failure in the log. */
  requestId?: string | undefined;
}

/** A message that disappears after a while. htmx adds it to the others, unless it is part of a page. */
export const Toast = ({ message, kind = "done", undo, link, inPage = false, formKey, requestId }: ToastProps) => {
  const toast = (
    <div class={`toast-note toast-${kind}`}>
      {kind === "problem" && <Icon name="exclamation" />}
      <span class="toast-text">
        <span safe>{message}</span>
        {requestId !== undefined ? <small class="toast-id" safe>{` Request id: ${requestId}`}</small> : null}
      </span>
      {link ? (
        <a class="toast-action" href={link.href} safe>
          {link.label}
        </a>
      ) : null}
      {undo !== undefined ? (
        <form method="post" action={`/changes/${undo}/undo`} hx-post={`/changes/${undo}/undo`} hx-swap="none">
          <FormKey value={formKey} />
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
