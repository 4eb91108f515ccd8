// A page of a project that the reader has left, or in which they have another role now.
import { onChange } from "../changes/stream.js";
import { isEditUnsaved } from "../tasks/edit.js";
import { listPath } from "../tasks/list.js";
import { address } from "../ui/address.js";

onChange(({ entity, verb, before }) => {
  if (entity !== "account" || !before?.projectId) return;
  const project = address(`/projects/${before.projectId}`);
  if (listPath() !== project && !location.pathname.startsWith(project)) return;
  // What is being typed stays. The panel says that it can no longer be saved.
  if (isEditUnsaved()) return;
  if (verb === "leaveProject") location.assign(address("/projects"));
  if (verb === "changeRole") location.reload();
});
