import ArgumentParser
import Demonstrations
import Drawing
import Evaluation
import Foundation
import Imitation

/// `dpolicy encode`: the latents of demonstrated chunks.
struct EncodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Encode demonstrated chunks as a policy's latents.",
    usage: "dpolicy encode [<options>] --policy <folder> --demos <file>",
    discussion: """
      For each window whose chunk was recorded whole, the file holds its latent, episode, step and \
      the error of the chunk that is brought back; for vq also its codes, for diffusion-autoencoder \
      the noise that leads back to the chunk. For policies of the methods cvae, flow-policy, vq, \
      latent-diffusion and diffusion-autoencoder.

      Example: dpolicy encode --policy runs/push --demos push.hdf5 --output latents.hdf5
      """)

  @Option(help: ArgumentHelp("The checkpoint folder.", valueName: "folder"))
  var policy: String

  @Option(help: ArgumentHelp("The recordings.", valueName: "file"))
  var demos: String

  @Option(help: ArgumentHelp("Where latents are written.", valueName: "file.hdf5"))
  var output: String?

  @Option(help: "Use only the episodes in this mask, such as 'valid'.")
  var mask: String?

  @Option(help: "The largest number of windows, evenly spread.")
  var windows = 10_000

  @Option(
    help: ArgumentHelp(
      "Draw chunks on the way between two episodes' middles.", valueName: "file.png"))
  var picture: String?

  @Option(help: ArgumentHelp("The two episodes of the picture.", valueName: "a,b"))
  var between = "0,1"

  @OptionGroup var links: LinkArguments

  @OptionGroup var choice: CheckpointArguments

  @Option(help: "Threads; results do not depend on it. All processors if not given.")
  var threads: Int?

  @Flag(help: "Print one JSON document.")
  var json = false

  /// What was encoded.
  private struct Report: Encodable {
    let method: String
    let windows: Int
    let latentWidth: Int
    /// The root mean square error of chunks that are brought back, in normalised values.
    let error: Double
    /// The standard deviation of each of a latent's numbers.
    let deviations: [Double]
    /// How many windows have each code, level by level.
    let codeUses: [[Int]]?
    let output: String?
  }

  func validate() throws {
    try checkCount(windows, "--windows", atMost: LargestCount.windows)
    try checkCount(threads, "--threads", atMost: LargestCount.threads)
    _ = try pair()
  }

  private func pair() throws -> (Int, Int) {
    let numbers = between.split(separator: ",").compactMap { Int($0) }
    guard numbers.count == 2, numbers.allSatisfy({ $0 >= 0 }), numbers[0] != numbers[1] else {
      throw ValidationError("'--between' takes two different episodes, such as 0,1.")
    }
    return (numbers[0], numbers[1])
  }

  func run() throws {
    if let output { try Output.checkPlace(output) }
    if let picture { try Output.checkPicture(picture, of: "--picture", endingIn: ".png") }
    let checkpoint = try choice.load(policy)
    let store = try links.open(demos)
    let encoding = try Encoding(
      checkpoint, of: store, atMost: windows,
      episodes: try mask.map { try store.episodes(inMask: $0) }, threads: threads)
    if let output {
      try encoding.write(to: output, policy: policy, demonstrations: demos)
      Output.note("wrote \(output)")
    }
    if let picture {
      let pair = try pair()
      guard max(pair.0, pair.1) < store.count else {
        throw UsageError("'--between \(between)': \(demos) has \(counted(store.count, "episode"))")
      }
      try Interpolation(checkpoint, of: store, between: pair).picture(title: policy).canvas()
        .writePNG(to: picture)
      Output.note("wrote \(picture)")
    }
    try show(encoding)
  }

  private func show(_ encoding: Encoding) throws {
    let report = Report(
      method: encoding.method, windows: encoding.origins.count,
      latentWidth: encoding.latentWidth, error: encoding.error, deviations: encoding.deviations,
      codeUses: encoding.levels > 0 ? encoding.uses : nil, output: output)
    if json { return try Output.json(report) }
    var lines = [
      "\(policy): \(counted(report.windows, "window")) as latents of \(report.latentWidth)",
      "  error of chunks brought back, root mean square: \(shortNumber(report.error))",
      "  deviation of each number: "
        + report.deviations.map { shortNumber($0) }.joined(separator: " "),
    ]
    for (level, uses) in encoding.uses.enumerated() {
      lines.append(
        "  uses of the codes of level \(level + 1): "
          + uses.map { "\($0)" }.joined(separator: " "))
    }
    try Output.result(lines.joined(separator: "\n"))
  }
}
