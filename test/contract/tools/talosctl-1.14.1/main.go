// Talosctl without `cluster`, `validate` and the debug helpers: those need a module version that is not to be had.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	_ "github.com/siderolabs/talos/cmd/talosctl/acompat"
	"github.com/siderolabs/talos/cmd/talosctl/cmd/common"
	"github.com/siderolabs/talos/cmd/talosctl/cmd/mgmt/gen"
	"github.com/siderolabs/talos/cmd/talosctl/cmd/mgmt/machineconfig"
	"github.com/siderolabs/talos/cmd/talosctl/cmd/talos"
	"github.com/siderolabs/talos/cmd/talosctl/pkg/talos/safeout"
	"github.com/siderolabs/talos/pkg/cli"
)

func main() {
	root := &cobra.Command{Use: "talosctl", SilenceErrors: true, SilenceUsage: true}
	root.SetOut(safeout.Stdout())
	root.SetErr(safeout.Stderr())
	root.AddCommand(gen.Cmd, machineconfig.Cmd)
	root.AddCommand(talos.Commands...)
	failed := run(root)
	safeout.Flush()
	if failed {
		os.Exit(1)
	}
}

// Usage follows errors that look like mistakes of the caller, as upstream decides it.
func run(root *cobra.Command) bool {
	command, err := cli.WithContextC(context.Background(), root.ExecuteContextC)
	if err == nil {
		return false
	}
	if text := err.Error(); !common.SuppressErrors {
		safeout.Flush()
		fmt.Fprintln(os.Stderr, safeout.String(text))
		if strings.Contains(text, "arg(s)") || strings.Contains(text, "flag") || strings.Contains(text, "command") {
			fmt.Fprintf(safeout.Stderr(), "\n%s\n", command.UsageString())
		}
	}
	return true
}
