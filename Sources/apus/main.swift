// The command `apus`: everything it does stands in ApusCommands.

import ApusCommands
import ApusCore

Platform.exit(await Apus.run(arguments: Array(CommandLine.arguments.dropFirst()), console: .standard()))
