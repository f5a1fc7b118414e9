// Loads a checkpoint and streams text from it, for ten seconds at most: swift run StreamText PATH "Once upon a time"
import ApusGeneration

let arguments = CommandLine.arguments
let model = try LanguageModel.load(arguments.count > 1 ? arguments[1] : "run")
let prompt = arguments.count > 2 ? arguments[2] : "Once upon a time"
let writing = Task {
  for try await piece in model.stream(prompt, GenerationOptions(maximumTokens: 200)) { print(piece, terminator: "") }
}
let timer = Task { try await Task.sleep(for: .seconds(10)) }
Task { if (try? await timer.value) != nil { writing.cancel() } }
try await writing.value
timer.cancel()
print()
