import { expect } from "bun:test";
import type { Sender } from "./tasks.ts";

/** A comment as the API returns it. */
export interface Comment {
  id: string;
  projectId: string;
  taskId: string;
  authorId: string;
  author: string | null;
  text: string;
  createdAt: string;
  editedAt: string | null;
}

/** Adds a comment to a task. */
export async function addComment(client: Sender, task: { id: string }, text: string): Promise<Comment> {
  const response = await client.send(`/api/tasks/${task.id}/comments`, { json: { text } });
  expect(response.status).toBe(201);
  return (await response.json()) as Comment;
}

/** Changes the text of a comment. */
export const editComment = (client: Sender, { id }: { id: string }, text: string, headers = {}) =>
  client.send(`/api/comments/${id}`, { method: "PATCH", json: { text }, headers });

export const deleteComment = (client: Sender, { id }: { id: string }) =>
  client.send(`/api/comments/${id}`, { method: "DELETE" });

/** Returns the texts of a task's comments, in order. */
export async function textsOf(client: Sender, task: { id: string }, query = ""): Promise<string[]> {
  const response = await client.send(`/api/tasks/${task.id}/comments${query}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { items: Comment[] }).items.map(({ text }) => text);
}
