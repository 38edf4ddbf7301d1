// What a server without traces shows: how to send the first span.

import { Icon } from "../ui/icons.tsx";
import { Copy } from "../ui/parts.tsx";

export function Empty() {
  const origin = location.origin;
  const go = `shutdown, err := clew.Setup(ctx, clew.ServiceName("my-service"))
if err != nil {
	return err
}
defer shutdown(context.Background())

answer, err := clew.Observe(ctx, "answer", func(ctx context.Context) (string, error) {
	return askModel(ctx, question)
}, clew.Input(question))`;
  return (
    <div className="empty">
      <h1>No traces yet</h1>
      <p className="muted">This page waits for the first span and shows it without a reload.</p>
      <ol>
        <li>
          <h2>See it work</h2>
          <p>A small system of five services, a queue and a database that makes one trace:</p>
          <Code text="clew demo" />
        </li>
        <li>
          <h2>A program that has OpenTelemetry, in any language</h2>
          <p>One variable sends its spans here (OTLP over HTTP or gRPC):</p>
          <Code text={`OTEL_EXPORTER_OTLP_ENDPOINT=${origin}`} />
        </li>
        <li>
          <h2>A Go program</h2>
          <p>
            <code>go get github.com/clewhq/clew</code>, then:
          </p>
          <Code text={go} />
        </li>
      </ol>
      <p className="waiting">
        <Icon name="clock" size={14} /> Waiting for spans at <code>{origin}</code>
      </p>
    </div>
  );
}

function Code({ text }: { text: string }) {
  return (
    <div className="code">
      <pre>{text}</pre>
      <Copy text={text} title="Copy" />
    </div>
  );
}
