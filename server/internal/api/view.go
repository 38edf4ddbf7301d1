package api

import (
	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/dialect"
	"github.com/clewhq/clew/server/internal/price"
	"github.com/clewhq/clew/server/internal/trace"
)

// This file turns what is read from a span into the wire's types.

func (a *api) wireDetail(s *trace.Span, twin int, explain bool) client.SpanDetail {
	v, quote := a.Deriver.View(s)
	out := client.SpanDetail{Span: wireSpan(s, twin), View: wireView(v)}
	out.Scores = append(out.Scores, wireList(v.Scores, wireScore)...)
	out.View.Cost = wireCost(s, quote)
	if explain {
		out.Explain = wireList(v.Origins, wireOrigin)
		if s.CostFrom != "" {
			out.Explain = append(out.Explain, client.Origin{Field: "cost", Value: s.Cost.String(), Key: s.CostFrom, Rule: "as it was stored"})
		}
	}
	return out
}

func wireView(v dialect.View) client.View {
	out := client.View{
		Operation: v.Operation, RequestModel: v.RequestModel, ResponseID: v.ResponseID, Environment: v.Environment, Agent: v.Agent,
		ToolName: v.ToolName, ToolCallID: v.ToolCallID,
		Messages: wireList(v.Messages, wireMessage), Answer: wireList(v.Answer, wireMessage),
		Tools: wireList(v.Tools, func(t dialect.Tool) client.Tool { return client.Tool(t) }), Parameters: v.Parameters,
		FinishReasons: wireStrings(v.FinishReasons), Prompt: client.Prompt(v.Prompt), Usage: wireUsage(v.Usage),
	}
	out.Usage.NotCounted = v.RollUp
	if out.Parameters == nil {
		out.Parameters = map[string]any{}
	}
	if v.FirstToken != nil {
		ns := v.FirstToken.Nanoseconds()
		out.FirstTokenNS = &ns
	}
	out.Error = wireError(v.Error)
	return out
}

func wireUsage(u trace.Usage) client.Usage {
	return client.Usage{
		Input: u.Input, Output: u.Output, CacheRead: u.CacheRead, CacheWrite: u.CacheWrite, CacheWrite1h: u.CacheWrite1h,
		Reasoning: u.Reasoning, AudioInput: u.AudioInput, AudioOutput: u.AudioOutput, Batch: u.Batch, ServiceTier: u.Tier,
	}
}

func wireMessage(m dialect.Message) client.Message {
	return client.Message{Role: m.Role, Name: m.Name, FinishReason: m.Finish, Parts: wireList(m.Parts, wirePart)}
}

func wirePart(p dialect.Part) client.Part {
	return client.Part{
		Type: string(p.Type), Text: p.Text, ID: p.ID, Name: p.Name, Value: p.Value, Failed: p.Failed,
		Modality: p.Modality, MIMEType: p.MIME, URL: p.URL, Bytes: p.Bytes, Hash: p.Hash(),
	}
}

func wireCost(s *trace.Span, q *price.Quote) client.CostDetail {
	out := client.CostDetail{From: s.CostFrom, Lines: []client.CostLine{}}
	if q == nil {
		return out
	}
	out.Computed, out.ComputedFrom = wireMoney(&q.Cost), q.From
	out.Lines = wireList(q.Lines, func(l price.Line) client.CostLine {
		return client.CostLine{What: l.What, Tokens: l.Tokens, PricePerMillion: l.Price.Dollars(), Amount: l.Amount().Dollars()}
	})
	return out
}

func wireOrigin(o dialect.Origin) client.Origin {
	return client.Origin{Field: o.Field, Value: o.Value, Dialect: o.Dialect, Key: o.Key, Rule: o.How}
}
