package clew

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/export"
	"github.com/clewhq/clew/internal/otlp"
	"github.com/clewhq/clew/redact"
)

// Annotation is what is said of a span after the work, such as what a user thought of an answer.
type Annotation struct {
	Tags     []string             // added to the span's
	Metadata []attribute.KeyValue // a key that is there gets the new value
	Scores   []Score              // added to those that the span has
}

// Score is the result of an evaluation.
type Score struct {
	Name        string  // what was judged, such as "helpful"; required
	Value       float64 // on whatever scale the judge has
	Label       string  // beside the value, such as "thumbs up"
	Explanation string  // why, in words
	Source      string  // who judged: a person, code, a model
}

// Annotate says something of a span that may have ended long ago, in any process; serialized is what Serialize returned, or
// a context in any other format:
//
//	err := clew.Annotate(ctx, row.SpanContext, clew.Annotation{Scores: []clew.Score{{Name: "helpful", Value: 1}}})
//
// It goes to the endpoint that Setup knows, as OTLP log records, and Annotate returns when the server has it, or after 10
// seconds if ctx has no deadline. What Redact takes out of spans it takes out of annotations. The error is about an
// unusable context, an empty annotation, a score without a name, a missing endpoint, or the answer of the server.
func Annotate(ctx context.Context, serialized string, a Annotation) error {
	at, err := Deserialize(serialized)
	if err != nil {
		return fmt.Errorf("clew: Annotate: %w", err)
	}
	if !at.Valid() {
		return errors.New("clew: Annotate: the context names no span")
	}
	in := current.Load()
	if in == nil || in.closed.Load() || in.annotate == nil {
		return errors.New("clew: Annotate: no endpoint is known; call Setup, with an Endpoint if the tracer provider is your own")
	}
	logs, err := in.annotate.logs(at.SpanContext, a)
	if err != nil {
		return fmt.Errorf("clew: Annotate: %w", err)
	}
	ctx, cancel := patient(ctx)
	defer cancel()
	if err := in.annotate.send(ctx, logs); err != nil {
		return fmt.Errorf("clew: Annotate: %w", err)
	}
	return nil
}

// Annotate says something of the span, which may have ended; see the function Annotate.
func (s *Span) Annotate(ctx context.Context, a Annotation) error {
	return Annotate(ctx, s.Serialize(), a)
}

// What annotations are called on the wire. The event of a score is OpenTelemetry's.
const (
	eventAnnotation = "clew.annotation"
	metadataPrefix  = attribute.Key("metadata.")

	eventScore          = "gen_ai.evaluation.result"
	keyScoreName        = attribute.Key("gen_ai.evaluation.name")
	keyScoreValue       = attribute.Key("gen_ai.evaluation.score.value")
	keyScoreLabel       = attribute.Key("gen_ai.evaluation.score.label")
	keyScoreExplanation = attribute.Key("gen_ai.evaluation.explanation")
	keyScoreSource      = attribute.Key("clew.evaluation.source")
)

// annotator sends annotations.
type annotator struct {
	config *setupConfig
	url    string
	rules  redact.Rules

	mu    sync.Mutex // one request at a time
	http  *export.HTTP
	group *otlp.Group
}

const logsPath = "/v1/logs"

// newAnnotator returns nil if it is not known where logs go.
func (c *setupConfig) newAnnotator() *annotator {
	base, isTraces := strings.CutSuffix(c.endpoint, tracesPath)
	if !isTraces {
		return nil
	}
	return &annotator{config: c, url: base + logsPath, rules: c.redact}
}

// prepare makes what most programs never need. Whoever calls it holds the lock.
func (a *annotator) prepare() {
	if a.http != nil {
		return
	}
	a.http = a.config.httpSender()
	a.http.URL = a.url
	var service []attribute.KeyValue
	for _, kv := range a.config.newResource().Attributes() {
		if kv.Key == "service.name" {
			service = append(service, kv)
		}
	}
	a.group = otlp.NewGroup(resource.NewSchemaless(service...), instrumentation.Scope{Name: scopeName, Version: Version})
}

// close closes the connection, if there is one. Nothing is sent after it.
func (a *annotator) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.http != nil {
		_ = a.http.Close()
	}
}

// logs are what an annotation is sent as.
func (a *annotator) logs(of trace.SpanContext, said Annotation) (out []otlp.Log, err error) {
	record := func(event string, attrs []attribute.KeyValue) {
		out = append(out, otlp.Log{Span: of, Time: time.Now(), Event: event, Attributes: attrs})
	}
	g := guard{rules: a.rules}
	var attrs []attribute.KeyValue
	add := func(key attribute.Key, kv attribute.KeyValue) {
		attrs = append(attrs, attribute.KeyValue{Key: key, Value: g.value(kv)})
	}
	if tags := slices.DeleteFunc(slices.Clone(said.Tags), func(tag string) bool { return tag == "" }); len(tags) > 0 {
		add("tags", attribute.StringSlice("tags", tags))
	}
	for _, kv := range said.Metadata {
		add(metadataPrefix+kv.Key, kv)
	}
	if len(attrs) > 0 {
		record(eventAnnotation, attrs)
	}
	for _, s := range said.Scores {
		if s.Name == "" {
			return nil, errors.New("a score has no name")
		}
		attrs := []attribute.KeyValue{keyScoreName.String(a.rules.Text(s.Name)), keyScoreValue.Float64(s.Value)}
		for _, text := range []attribute.KeyValue{
			keyScoreLabel.String(s.Label), keyScoreExplanation.String(s.Explanation), keyScoreSource.String(s.Source),
		} {
			if said := text.Value.AsString(); said != "" {
				attrs = append(attrs, text.Key.String(a.rules.Text(said)))
			}
		}
		record(eventScore, attrs)
	}
	if len(out) == 0 {
		return nil, errors.New("the annotation says nothing")
	}
	return out, nil
}

func (a *annotator) send(ctx context.Context, logs []otlp.Log) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.prepare()
	records := make([]otlp.Span, len(logs))
	for i, l := range logs {
		records[i] = otlp.Span{Group: a.group, Body: otlp.AppendLog(nil, l)}
	}
	return a.http.Send(ctx, otlp.AppendRequest(nil, records))
}
