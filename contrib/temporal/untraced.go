package clewtemporal

import (
	"crypto/sha256"
	"encoding/hex"

	"go.temporal.io/sdk/workflow"
)

// traced returns ctx with a context for a workflow that nobody started within a trace. It is made from names that are
// the same in every replay and in every run of a workflow that continues as new.
func traced(ctx workflow.Context) workflow.Context {
	if Serialized(ctx) != "" {
		return ctx
	}
	info := workflow.GetInfo(ctx)
	first := info.FirstRunID
	if first == "" {
		first = info.WorkflowExecution.RunID
	}
	sum := sha256.Sum256([]byte(info.Namespace + "\x00" + info.WorkflowExecution.ID + "\x00" + first))
	return workflow.WithValue(ctx, textKey{}, "00-"+hex.EncodeToString(sum[:16])+"-"+hex.EncodeToString(sum[16:24])+"-01")
}
