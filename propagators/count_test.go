package propagators_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/clewhq/clew/propagators"
)

// meters counts, by the attributes of each addition.
type meters struct {
	mu  sync.Mutex
	got map[string]int64
}

type meterProvider struct {
	noop.MeterProvider
	m *meters
}

func (p meterProvider) Meter(string, ...metric.MeterOption) metric.Meter { return meter{m: p.m} }

type meter struct {
	noop.Meter
	m *meters
}

func (m meter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return counter{m: m.m, name: name}, nil
}

type counter struct {
	noop.Int64Counter
	m    *meters
	name string
}

func (c counter) Add(_ context.Context, n int64, opts ...metric.AddOption) {
	set := metric.NewAddConfig(opts).Attributes()
	format, _ := set.Value("clew.context.format")
	field, _ := set.Value("clew.context.field")
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	c.m.got[c.name+" "+format.AsString()+" "+field.AsString()] += n
}

func TestRefusalsAreCounted(t *testing.T) {
	before := otel.GetMeterProvider()
	m := &meters{got: map[string]int64{}}
	otel.SetMeterProvider(meterProvider{m: m})
	t.Cleanup(func() { otel.SetMeterProvider(before) })

	for range 2 {
		propagators.All().Extract(context.Background(), propagators.Map{
			"traceparent": "00-x", "x-laminar-span-context": `{"traceId":"` + traceUUID + `","spanId":"` + spanUUID + `","metadata":{"":1}}`,
		})
	}
	propagators.All().Extract(context.Background(), propagators.Map{"traceparent": traceparent})
	want := map[string]int64{"clew.context.refused tracecontext ": 2, "clew.context.refused laminar metadata": 2}
	if diff := cmp.Diff(want, m.got); diff != "" {
		t.Error(diff)
	}
}
