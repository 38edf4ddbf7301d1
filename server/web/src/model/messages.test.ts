import { describe, expect, it } from "vitest";
import { type Message, messagesOf, parseJson, parseMessages } from "./messages.ts";

const turn = (role: string, ...parts: Message["parts"]): Message => ({ role, name: "", parts, finish: "" });
const text = (t: string) => ({ kind: "text", text: t }) as const;

describe("chat messages are read from", () => {
  const call = { kind: "call", id: "c1", name: "weather", args: { city: "Oslo" } } as const;
  const cases: [string, unknown, Message[]][] = [
    [
      "OpenAI's list",
      [
        { role: "system", content: "Be kind." },
        {
          role: "user",
          content: [
            { type: "text", text: "Hi" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAAAAAA" } },
          ],
        },
      ],
      [
        turn("system", text("Be kind.")),
        turn("user", text("Hi"), { kind: "media", what: "image", about: "image/png, 1 KiB" }),
      ],
    ],
    [
      "OpenAI's request",
      { model: "gpt-4o", messages: [{ role: "user", content: "Hi" }] },
      [turn("user", text("Hi"))],
    ],
    [
      "OpenAI's response",
      {
        choices: [
          {
            finish_reason: "tool_calls",
            message: {
              role: "assistant",
              content: null,
              tool_calls: [
                { id: "c1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
              ],
            },
          },
        ],
      },
      [{ ...turn("assistant", call), finish: "tool_calls" }],
    ],
    [
      "OpenAI's answer of a tool",
      [{ role: "tool", tool_call_id: "c1", content: '{"rain":0.8}' }],
      [turn("tool", { kind: "result", id: "c1", name: "", content: { rain: 0.8 }, failed: false })],
    ],
    [
      "OpenAI's responses",
      {
        output: [
          { type: "reasoning", summary: [{ type: "summary_text", text: "Think." }] },
          { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hi" }] },
          { type: "function_call", call_id: "c1", name: "weather", arguments: '{"city":"Oslo"}' },
        ],
      },
      [
        turn("assistant", { kind: "reasoning", text: "Think." }),
        turn("assistant", text("Hi")),
        turn("assistant", call),
      ],
    ],
    [
      "Anthropic's request",
      {
        system: "Be kind.",
        messages: [
          {
            role: "user",
            content: [
              {
                type: "tool_result",
                tool_use_id: "c1",
                content: [{ type: "text", text: "rain" }],
                is_error: true,
              },
            ],
          },
        ],
      },
      [
        turn("system", text("Be kind.")),
        turn("user", { kind: "result", id: "c1", name: "", content: "rain", failed: true }),
      ],
    ],
    [
      "Anthropic's answer",
      {
        role: "assistant",
        stop_reason: "tool_use",
        content: [
          { type: "thinking", thinking: "Hm." },
          { type: "tool_use", id: "c1", name: "weather", input: { city: "Oslo" } },
        ],
      },
      [{ ...turn("assistant", { kind: "reasoning", text: "Hm." }, call), finish: "tool_use" }],
    ],
    [
      "OpenTelemetry's parts",
      [
        {
          role: "user",
          parts: [
            { type: "text", content: "Hi" },
            { type: "uri", modality: "image", mime_type: "image/png", uri: "s3://b/x.png" },
          ],
        },
        {
          role: "assistant",
          parts: [{ type: "tool_call", id: "c1", name: "weather", arguments: { city: "Oslo" } }],
          finish_reason: "tool_call",
        },
        { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: "rain" }] },
      ],
      [
        turn("user", text("Hi"), { kind: "media", what: "image", about: "image/png, s3://b/x.png" }),
        { ...turn("assistant", call), finish: "tool_call" },
        turn("tool", { kind: "result", id: "c1", name: "", content: "rain", failed: false }),
      ],
    ],
    [
      "Gemini's contents",
      {
        systemInstruction: { parts: [{ text: "Be kind." }] },
        contents: [{ role: "user", parts: [{ text: "Hi" }] }],
      },
      [turn("system", text("Be kind.")), turn("user", text("Hi"))],
    ],
    [
      "a part of a kind that is not known, whole",
      [{ role: "user", parts: [{ type: "hologram", beam: 3 }] }],
      [turn("user", { kind: "other", value: { type: "hologram", beam: 3 } })],
    ],
  ];
  it.each(cases)("%s", (_, value, want) => expect(messagesOf(value)).toEqual(want));
});

describe("no chat messages are seen in", () => {
  const cases: [string, unknown][] = [
    ["plain data", { city: "Oslo", days: 2 }],
    ["a person with a role", { role: "admin", name: "Ada" }],
    ["an empty list", []],
    ["a list with a stranger in it", [{ role: "user", content: "Hi" }, 7]],
    ["a list of numbers", { input: [1, 2] }],
    ["null", null],
  ];
  it.each(cases)("%s", (_, value) => expect(messagesOf(value)).toBeUndefined());
  it("text that was cut off", () => expect(parseMessages('[{"role":"user","cont')).toBeUndefined());
});

describe("JSON", () => {
  it("is seen after blanks", () => expect(parseJson(' {"a":1}')).toEqual({ a: 1 }));
  it("is not a number or a quoted text", () =>
    expect([parseJson("42"), parseJson('"x"')]).toEqual([undefined, undefined]));
});
