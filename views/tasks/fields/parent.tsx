import type { Task } from "../../../src/features/tasks/model.ts";
import { TaskLink } from "../subtasks.tsx";

/** The task that the open one is a subtask of. */
export const ParentField = ({ parent }: { parent: Task }) => (
  <div class="field-row">
    <span class="field-label">Subtask of</span>
    <div>
      <TaskLink id={parent.id} title={parent.title} />
    </div>
  </div>
);
