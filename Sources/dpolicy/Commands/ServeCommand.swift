import ArgumentParser
import Drawing
import EnvironmentInterface
import Foundation
import Imitation
import Studio

/// `dpolicy serve`: decisions over HTTP and WebSocket.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve a policy to a robot or another program over HTTP and WebSocket.",
    discussion: """
      POST /act takes the documents of 'dpolicy act' and answers them; /ws does the same over a \
      WebSocket, several at a time. GET /policy describes the policy; GET /health and, for \
      Prometheus, GET /metrics describe the server. Clients that ask at the same time are \
      answered in one batch. Only this machine is served unless --host is given, and then a \
      token is needed, which clients show as 'Authorization: Bearer …'. The address is printed \
      on standard output. Ctrl-C stops once the answers under way are given.

      Example: dpolicy serve --policy runs/push --port 8700
      """)

  @Option(help: ArgumentHelp("The checkpoint folder.", valueName: "folder"), completion: .directory)
  var policy: String

  @OptionGroup var choice: CheckpointArguments

  @OptionGroup var place: WebArguments

  @OptionGroup var sampling: SamplingArguments

  @OptionGroup var deciding: DecidingArguments

  @Option(help: "The most windows decided at once, 1 to 1024; a batch is never waited for.")
  var batchLimit = ServingConfiguration().batchLimit

  @Option(help: "How many decisions may wait, 1 to 65536; one more is answered with 503.")
  var queueLimit = ServingConfiguration().queueLimit

  private func checkLimits() throws {
    guard (1...1024).contains(batchLimit) else {
      throw UsageError("'--batch-limit' is \(batchLimit), but must be 1…1024")
    }
    guard (1...65_536).contains(queueLimit) else {
      throw UsageError("'--queue-limit' is \(queueLimit), but must be 1…65536")
    }
  }

  func run() throws {
    try checkLimits()
    let access = try place.access()
    Interruption.watch()
    let checkpoint = try choice.load(policy)
    let server = try PolicyServer(
      deciding.policy(
        checkpoint, told: deciding.agent.loaded(), sampling, capacity: batchLimit),
      configuration: ServingConfiguration(batchLimit: batchLimit, queueLimit: queueLimit),
      decodingPictures: { try Scene.Picture.decoded($0) }, access: access, logger: place.logger)
    try place.serve { port in
      try await server.start(port: port)
    } stop: {
      await server.stop()
      return "stopped after \(counted(server.figures.decisions, "decision")), every answer given"
    }
  }
}
