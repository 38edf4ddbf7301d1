"""Every kind of call that openai's client makes, each done under a span that
under(name, ask) makes."""

import openai

QUESTION = "How deep is the labyrinth?"
PARAMETERS = {"type": "object", "properties": {"of": {"type": "string"}}}


def every(client, under):
    asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": QUESTION}]}
    chat_tools = [{"type": "function", "function": {"name": "measure", "description": "Measures.", "parameters": PARAMETERS}}]
    respond_tools = [{"type": "function", "name": "measure", "description": "Measures.", "parameters": PARAMETERS}]

    def chat(**options):
        client.chat.completions.create(**(asked | options))

    def stream(**options):
        for _ in client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}, **options):
            pass

    def respond(**options):
        client.responses.create(model="gpt-4o", input=QUESTION, **options)

    def respond_stream(**options):
        for _ in client.responses.create(model="gpt-4o", input=QUESTION, stream=True, **options):
            pass

    def refused():
        try:
            chat(model="closed")
        except openai.BadRequestError:
            pass

    return {
        name: under(name, ask)
        for name, ask in {
            "answer": chat,
            "stream": stream,
            "tool call": lambda: chat(tools=chat_tools),
            "streamed tool call": lambda: stream(tools=chat_tools),
            "answer, Responses": respond,
            "stream, Responses": respond_stream,
            "tool call, Responses": lambda: respond(tools=respond_tools),
            "streamed tool call, Responses": lambda: respond_stream(tools=respond_tools),
            "refusal": refused,
        }.items()
    }
