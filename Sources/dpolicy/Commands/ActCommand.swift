import ArgumentParser
import Drawing
import EnvironmentInterface
import Foundation
import Imitation

/// `dpolicy act`: decisions over standard input and output.
struct ActCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "act",
    abstract: "Answer observation windows with action chunks, one JSON document per line.",
    usage: "dpolicy act [<options>] --policy <folder>",
    discussion: """
      In: {"id": "1", "observations": {"state": [[0.1, 0.2]]}, "seed": 7}, oldest observation \
      first. Out: {"id": "1", "actions": [[0.3, 0.4]], "horizon": 1}, or {"error": "…"} for a \
      line that cannot be answered; the next lines are answered all the same.

      Several at once: {"windows": [{"observations": …}, …]} is answered with {"answers": […]}. An \
      image is a list of bytes, or in base64 a PNG or JPEG file, or {"raw": its bytes}.

      Example: dpolicy act --policy runs/push < windows.jsonl
      """)

  @Option(help: ArgumentHelp("The checkpoint folder.", valueName: "folder"), completion: .directory)
  var policy: String

  @OptionGroup var choice: CheckpointArguments

  @OptionGroup var sampling: SamplingArguments

  @OptionGroup var deciding: DecidingArguments

  /// How many windows of one document are decided at once.
  private static let batch = 32

  func run() throws {
    let checkpoint = try choice.load(policy)
    let estimators = try deciding.agent.loaded()
    let make = { capacity in
      try deciding.policy(checkpoint, told: estimators, sampling, capacity: capacity)
    }
    let service = DecisionService(
      try make(1), batching: { try make(Self.batch) },
      decodingPictures: { try Scene.Picture.decoded($0) })
    while let line = readLine() {
      if line.allSatisfy(\.isWhitespace) { continue }
      try Output.result(String(decoding: service.answer(Data(line.utf8)), as: UTF8.self))
    }
  }
}
