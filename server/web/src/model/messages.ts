// Chat messages in whatever form a span has them: OpenAI chat completions and
// responses, Anthropic, Gemini, and OpenTelemetry's role/parts schema, as a list,
// or inside a request or a response.

export type Part =
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "call"; id: string; name: string; args: unknown }
  | { kind: "result"; id: string; name: string; content: unknown; failed: boolean }
  | { kind: "media"; what: string; about: string }
  | { kind: "other"; value: unknown };

export interface Message {
  role: string;
  name: string;
  parts: Part[];
  finish: string;
}

type Json = Record<string, unknown>;

const isObject = (v: unknown): v is Json => typeof v === "object" && v !== null && !Array.isArray(v);
const str = (v: unknown): string =>
  typeof v === "string" ? v : v === undefined || v === null ? "" : String(v);

/** text as JSON, undefined when it is not an object or an array. */
export function parseJson(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

/** The messages in a span's input or output, undefined when it has another form. */
export function parseMessages(text: string): Message[] | undefined {
  const value = parseJson(text);
  return value === undefined ? undefined : messagesOf(value);
}

export function messagesOf(value: unknown): Message[] | undefined {
  if (Array.isArray(value)) return fromList(value);
  if (!isObject(value)) return undefined;
  const system = systemOf(value);
  for (const key of ["messages", "input", "contents", "output"]) {
    const list = value[key];
    if (!Array.isArray(list)) continue;
    const messages = fromList(list);
    if (messages) return [...system, ...messages];
  }
  if (Array.isArray(value.choices)) {
    const messages = value.choices.map((c) => fromChoice(c));
    return messages.every((m) => m !== undefined) && messages.length > 0 ? messages : undefined;
  }
  if (Array.isArray(value.candidates)) {
    const messages = value.candidates.map((c) =>
      isObject(c) ? fromMessage(c.content, str(c.finishReason)) : undefined,
    );
    return messages.every((m) => m !== undefined) && messages.length > 0 ? messages : undefined;
  }
  const one = isObject(value.message) ? fromMessage(value.message) : fromMessage(value);
  return one && [one];
}

function systemOf(value: Json): Message[] {
  const system = value.system ?? value.instructions ?? value.systemInstruction ?? value.system_instruction;
  if (!system) return [];
  const inner = isObject(system) && Array.isArray(system.parts) ? system.parts : system;
  return [{ role: "system", name: "", parts: partsOf(inner), finish: "" }];
}

/** Items that are messages, or a response's output items; undefined when one is neither. */
function fromList(list: unknown[]): Message[] | undefined {
  if (list.length === 0) return undefined;
  const messages: Message[] = [];
  for (const item of list) {
    const message = fromMessage(item) ?? fromChoice(item) ?? fromOutputItem(item);
    if (!message) return undefined;
    messages.push(message);
  }
  return messages;
}

function fromChoice(choice: unknown): Message | undefined {
  return isObject(choice) && isObject(choice.message)
    ? fromMessage(choice.message, str(choice.finish_reason))
    : undefined;
}

function fromMessage(m: unknown, finish = ""): Message | undefined {
  if (!isObject(m) || typeof m.role !== "string") return undefined;
  const content = m.parts ?? m.content;
  if (content === undefined && m.tool_calls === undefined && m.function_call === undefined) return undefined;
  const parts: Part[] = [];
  const reasoning = m.reasoning_content ?? m.reasoning;
  if (typeof reasoning === "string" && reasoning) parts.push({ kind: "reasoning", text: reasoning });
  if (m.role === "tool" || m.role === "function") {
    const inner = Array.isArray(content) ? partsOf(content) : [];
    if (inner.some((p) => p.kind === "result")) parts.push(...inner);
    else {
      const text =
        inner.length > 0 && inner.every((p) => p.kind === "text")
          ? inner.map((p) => p.text).join("\n")
          : content;
      parts.push({
        kind: "result",
        id: str(m.tool_call_id),
        name: str(m.name),
        content: loose(text),
        failed: false,
      });
    }
  } else {
    parts.push(...partsOf(content));
  }
  if (typeof m.refusal === "string" && m.refusal) parts.push({ kind: "text", text: m.refusal });
  for (const call of Array.isArray(m.tool_calls) ? m.tool_calls : []) parts.push(callOf(call));
  if (isObject(m.function_call)) parts.push(callOf({ function: m.function_call }));
  return { role: m.role, name: str(m.name), parts, finish: finish || str(m.finish_reason ?? m.stop_reason) };
}

function fromOutputItem(item: unknown): Message | undefined {
  if (!isObject(item)) return undefined;
  switch (item.type) {
    case "function_call":
    case "reasoning":
      return { role: "assistant", name: "", parts: [partOf(item)], finish: "" };
    case "function_call_output":
      return { role: "tool", name: "", parts: [partOf(item)], finish: "" };
    default:
      return undefined;
  }
}

function partsOf(content: unknown): Part[] {
  if (content === null || content === undefined || content === "") return [];
  if (typeof content === "string") return [{ kind: "text", text: content }];
  if (Array.isArray(content)) return content.map(partOf);
  return [partOf(content)];
}

function partOf(part: unknown): Part {
  if (typeof part === "string") return { kind: "text", text: part };
  if (!isObject(part)) return { kind: "other", value: part };
  switch (part.type) {
    case "text":
    case "input_text":
    case "output_text":
    case "refusal":
      return { kind: "text", text: str(part.text ?? part.content ?? part.refusal) };
    case "reasoning":
    case "thinking":
      return { kind: "reasoning", text: reasoningText(part) };
    case "tool_call":
    case "tool_use":
    case "function_call":
    case "server_tool_call":
    case "server_tool_use":
      return callOf(part);
    case "tool_call_response":
    case "tool_result":
    case "function_call_output":
    case "server_tool_call_response":
      return {
        kind: "result",
        id: str(part.id ?? part.tool_use_id ?? part.call_id),
        name: str(part.name),
        content: plain(
          part.response ?? part.result ?? part.content ?? part.output ?? part.server_tool_call_response,
        ),
        failed: part.is_error === true,
      };
    case "blob":
      return media(str(part.modality) || "data", str(part.mime_type), size(str(part.content)));
    case "file":
    case "uri":
      return media(str(part.modality) || "file", str(part.mime_type), str(part.uri ?? part.file_id));
    case "image_url":
      return media(
        "image",
        "",
        isObject(part.image_url) ? shortUrl(str(part.image_url.url)) : shortUrl(str(part.image_url)),
      );
    case "input_image":
      return media("image", "", shortUrl(str(part.image_url ?? part.file_id)));
    case "image":
    case "document":
      return media(part.type, isObject(part.source) ? str(part.source.media_type) : "", "");
    case "input_audio":
      return media("audio", "", "");
  }
  if (typeof part.text === "string") {
    return part.thought === true ? { kind: "reasoning", text: part.text } : { kind: "text", text: part.text };
  }
  if (isObject(part.functionCall)) return callOf(part.functionCall);
  if (isObject(part.functionResponse)) {
    const { id, name, response } = part.functionResponse;
    return { kind: "result", id: str(id), name: str(name), content: response, failed: false };
  }
  return { kind: "other", value: part };
}

function callOf(call: unknown): Part {
  if (!isObject(call)) return { kind: "other", value: call };
  const fn = isObject(call.function) ? call.function : call;
  const args = fn.arguments ?? fn.input ?? fn.args ?? fn.server_tool_call;
  return { kind: "call", id: str(call.id ?? call.call_id), name: str(fn.name), args: loose(args) };
}

function reasoningText(part: Json): string {
  if (Array.isArray(part.summary)) {
    return part.summary.map((s) => (isObject(s) ? str(s.text) : str(s))).join("\n\n");
  }
  return str(part.content ?? part.thinking ?? part.text);
}

/** A result whose content is a list of texts is their text. */
function plain(content: unknown): unknown {
  if (!Array.isArray(content)) return loose(content);
  const parts = content.map(partOf);
  return parts.length > 0 && parts.every((p) => p.kind === "text")
    ? loose(parts.map((p) => p.text).join("\n"))
    : content;
}

/** JSON inside a string is shown as what it is. */
function loose(value: unknown): unknown {
  return typeof value === "string" ? (parseJson(value) ?? value) : value;
}

function media(what: string, mime: string, about: string): Part {
  return { kind: "media", what, about: [mime, about].filter(Boolean).join(", ") };
}

function size(base64: string): string {
  return base64 ? `${Math.ceil((base64.length * 3) / 4 / 1024)} KiB` : "";
}

function shortUrl(url: string): string {
  const data = /^data:([^;,]*)[^,]*,/.exec(url);
  return data ? [data[1], size(url.slice(data[0].length))].filter(Boolean).join(", ") : url;
}
