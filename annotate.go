package clew

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/clewhq/clew/internal/export"
	"github.com/clewhq/clew/redact"
)

// Annotation is what is said of a span after the work, such as what a user thought of an answer.
type Annotation struct {
	Tags     []string             // added to the span's
	Metadata []attribute.KeyValue // a key that is there gets the new value
	Scores   []Score
}

// Score is the result of an evaluation.
type Score struct {
	Name        string // what was judged, such as "helpful"; required
	Value       float64
	Label       string // beside the value, such as "thumbs up"
	Explanation string
	Source      string // who judged: a person, code, a model
}

// Annotate says something of a span that may have ended long ago, in any process; serialized is what Serialize returned, or
// a context in any other format:
//
//	err := clew.Annotate(ctx, row.SpanContext, clew.Annotation{Scores: []clew.Score{{Name: "helpful", Value: 1}}})
//
// It goes to the endpoint that Setup knows, as OTLP log records, and Annotate returns when the server has it, or after 10
// seconds if ctx has no deadline. What Redact takes out of spans it takes out of annotations. The error is about an
// unusable context, an empty annotation, a missing endpoint, or the answer of the server.
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
	records, err := in.annotate.records(a)
	if err != nil {
		return fmt.Errorf("clew: Annotate: %w", err)
	}
	for _, r := range records {
		r["traceId"], r["spanId"] = at.SpanContext.TraceID().String(), at.SpanContext.SpanID().String()
	}
	ctx, cancel := patient(ctx)
	defer cancel()
	if err := in.annotate.send(ctx, records); err != nil {
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
	eventScore      = "gen_ai.evaluation.result"
	scorePrefix     = "gen_ai.evaluation."
	keyScoreSource  = "clew.evaluation.source"
	metadataPrefix  = "metadata."
)

// annotator sends annotations.
type annotator struct {
	config *setupConfig
	url    string
	rules  redact.Rules

	mu       sync.Mutex // one request at a time
	http     *export.HTTP
	resource []map[string]any
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
	a.http.URL, a.http.ContentType = a.url, "application/json"
	for _, kv := range a.config.newResource().Attributes() {
		if kv.Key == "service.name" {
			a.resource = append(a.resource, keyValue(string(kv.Key), kv.Value))
		}
	}
}

// records returns the log records of an annotation, without ids.
func (a *annotator) records(said Annotation) (out []map[string]any, err error) {
	record := func(event string, attrs []map[string]any) {
		out = append(out, map[string]any{
			"timeUnixNano": strconv.FormatInt(time.Now().UnixNano(), 10), "eventName": event, "attributes": attrs,
		})
	}
	g := guard{rules: a.rules}
	var attrs []map[string]any
	if tags := slices.DeleteFunc(slices.Clone(said.Tags), func(tag string) bool { return tag == "" }); len(tags) > 0 {
		attrs = append(attrs, keyValue("tags", g.value(attribute.StringSlice("tags", tags))))
	}
	for _, kv := range said.Metadata {
		attrs = append(attrs, keyValue(metadataPrefix+string(kv.Key), g.value(kv)))
	}
	if len(attrs) > 0 {
		record(eventAnnotation, attrs)
	}
	for _, s := range said.Scores {
		if s.Name == "" {
			return nil, errors.New("a score has no name")
		}
		attrs := []map[string]any{
			keyValue(scorePrefix+"name", attribute.StringValue(a.rules.Text(s.Name))),
			keyValue(scorePrefix+"score.value", attribute.Float64Value(s.Value)),
		}
		for _, text := range []struct{ key, value string }{
			{scorePrefix + "score.label", s.Label}, {scorePrefix + "explanation", s.Explanation}, {keyScoreSource, s.Source},
		} {
			if text.value != "" {
				attrs = append(attrs, keyValue(text.key, attribute.StringValue(a.rules.Text(text.value))))
			}
		}
		record(eventScore, attrs)
	}
	if len(out) == 0 {
		return nil, errors.New("the annotation says nothing")
	}
	return out, nil
}

func (a *annotator) send(ctx context.Context, records []map[string]any) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.prepare()
	body, err := json.Marshal(map[string]any{"resourceLogs": []any{map[string]any{
		"resource":  map[string]any{"attributes": a.resource},
		"scopeLogs": []any{map[string]any{"scope": map[string]any{"name": scopeName, "version": Version}, "logRecords": records}},
	}}})
	if err != nil {
		return err
	}
	return a.http.Send(ctx, body)
}

// keyValue is an attribute in OTLP/JSON.
func keyValue(key string, v attribute.Value) map[string]any {
	return map[string]any{"key": key, "value": jsonValue(v)}
}

func jsonValue(v attribute.Value) map[string]any {
	switch v.Type() {
	case attribute.BOOL:
		return map[string]any{"boolValue": v.AsBool()}
	case attribute.INT64:
		return map[string]any{"intValue": strconv.FormatInt(v.AsInt64(), 10)}
	case attribute.FLOAT64:
		return map[string]any{"doubleValue": jsonFloat(v.AsFloat64())}
	case attribute.STRINGSLICE:
		return jsonArray(v.AsStringSlice(), attribute.StringValue)
	case attribute.BOOLSLICE:
		return jsonArray(v.AsBoolSlice(), attribute.BoolValue)
	case attribute.INT64SLICE:
		return jsonArray(v.AsInt64Slice(), attribute.Int64Value)
	case attribute.FLOAT64SLICE:
		return jsonArray(v.AsFloat64Slice(), attribute.Float64Value)
	}
	return map[string]any{"stringValue": strings.ToValidUTF8(v.String(), "\uFFFD")}
}

func jsonArray[T any](list []T, value func(T) attribute.Value) map[string]any {
	values := make([]any, len(list))
	for i, one := range list {
		values[i] = jsonValue(value(one))
	}
	return map[string]any{"arrayValue": map[string]any{"values": values}}
}

// jsonFloat is a number as protobuf's JSON has it, in which some are words.
func jsonFloat(f float64) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return f
}
