import { Icon } from "../ui/icon.tsx";
import { QuickDates } from "./fields/dates.tsx";

/** Sets the due date of the row that a script opens it for. */
export const DateMenu = () => (
  <dialog id="date-menu" class="date-menu" aria-labelledby="date-menu-title">
    <form id="date-form" method="post" hx-swap="none">
      <h2 id="date-menu-title">Due date</h2>
      <QuickDates form="date-form" />
      <span class="date-fields">
        <input class="form-control" type="date" name="dueDate" aria-label="Date" required />
        <button class="btn btn-primary" type="submit">
          Set
        </button>
      </span>
      <button class="icon-button date-menu-close" type="button" aria-label="Close" title="Close">
        <Icon name="close" />
      </button>
    </form>
  </dialog>
);
