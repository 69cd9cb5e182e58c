import ArgumentParser
import Demonstrations
import EnvironmentInterface
import Environments
import Foundation
import Imitation
import Naming
import Studio
import Web

/// `dpolicy studio`: pages to record, browse and watch with.
struct StudioCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "studio",
    abstract: "Serve web pages: record by hand, browse demonstrations, watch a policy.",
    usage: "dpolicy studio [<options>]",
    discussion: """
      The pages can open only what is in the folder. Only this machine is served unless --host is \
      given, and then a token is needed: open the address with ?token=…. Ctrl-C ends it; what was \
      saved stays saved.

      Example: dpolicy studio --demos push.hdf5 --policy runs/push
      """)

  @Option(
    help: ArgumentHelp("What the browsing page shows first.", valueName: "file"),
    completion: .demonstrations)
  var demos: String?

  @Option(
    help: ArgumentHelp("The checkpoint that the watching page loads.", valueName: "folder"),
    completion: .directory)
  var policy: String?

  @Option(
    help: "What the policy acts in, its own environment if not given; recording offers it first.")
  var environment: String?

  @Option(help: ArgumentHelp("Nothing outside it is read or written.", valueName: "folder"))
  var folder = "."

  @OptionGroup var choice: CheckpointArguments

  @OptionGroup var place: WebArguments

  func run() throws {
    let access = try place.access()
    Interruption.watch()
    let folder = try StudioFolder(folder)
    let registry = try EnvironmentRegistry.naming(environment.map { [$0] } ?? [])
    if let environment { _ = try registry.entry(environment) }
    let store = try demos.map { try DemonstrationStore(reading: $0, following: .nowhere) }
    let first = try demos.map { try folder.shown(folder.resolveStore(absolute($0))) }
    let offered = environment ?? store?.environment?.name
    let weights = try CheckpointChoice(named: choice.checkpoint)
    let chosen = try policy.map { policy in
      let path = try folder.resolveCheckpoint(absolute(policy))
      // Here a mistake can still be told on the command line.
      try WatchingPage(registry, in: folder, choosing: weights).load(path, environment: environment)
      return path
    }
    let name = environment
    let author = "dpolicy \(DPolicy.version) studio"
    let pages = StudioPages(
      recording: LiveStation("recording") {
        RecordingPage(registry, in: folder, author: author, offering: offered)
      },
      browser: DemonstrationBrowser(folder, registry: registry), firstFile: first,
      watching: LiveStation("watching") {
        let page = WatchingPage(
          registry, in: folder, choosing: weights, latents: LatentPlane.encoded)
        if let chosen { try? page.load(chosen, environment: name) }
        return page
      })
    let server = try pages.server(access: access, logger: place.logger)
    try place.serve { port in
      let address = try await server.start(port: port)
      Output.note("The pages are open at this address; Ctrl-C ends.")
      return address
    } stop: {
      await server.stop()
      try pages.stop()
      return "stopped; what was saved is safe"
    }
  }

  private func absolute(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.path
  }
}
