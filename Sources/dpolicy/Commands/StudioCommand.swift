import ArgumentParser
import Demonstrations
import EnvironmentInterface
import Foundation
import Studio

/// `dpolicy studio`: pages to record, browse and watch with.
struct StudioCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "studio",
    abstract: "Serve web pages: record by hand, browse demonstrations, watch a policy.",
    discussion: """
      Only this machine can open the pages, and they can open only what lies in the folder. \
      Ctrl-C ends; what was saved stays saved.

      Example: dpolicy studio --demos push.hdf5 --policy runs/push
      """)

  @Option(help: ArgumentHelp("What the browsing page shows first.", valueName: "file"))
  var demos: String?

  @Option(help: ArgumentHelp("The checkpoint that the watching page loads.", valueName: "folder"))
  var policy: String?

  @Option(help: "The environment that the policy acts in; its own if not given.")
  var environment: String?

  @Option(help: ArgumentHelp("Nothing outside it is read or written.", valueName: "folder"))
  var folder = "."

  @Option(help: "The port; 0 for any that is free.")
  var port: UInt16 = 8701

  func run() throws {
    Interruption.watch()
    let folder = try StudioFolder(folder)
    let registry = EnvironmentRegistry.standard
    if let environment { _ = try registry.entry(environment) }
    let first = try demos.map { demos in
      _ = try DemonstrationStore(reading: demos)
      return try folder.shown(folder.resolve(absolute(demos)))
    }
    let chosen = try policy.map { policy in
      let path = try folder.resolve(absolute(policy))
      // Here a mistake can still be told on the command line.
      try WatchingPage(registry, in: folder).load(path, environment: environment)
      return path
    }
    let name = environment
    let author = "dpolicy \(DPolicy.version) studio"
    let pages = StudioPages(
      recording: LiveStation("recording") { RecordingPage(registry, in: folder, author: author) },
      browser: DemonstrationBrowser(folder, registry: registry), firstFile: first,
      watching: LiveStation("watching") {
        let page = WatchingPage(registry, in: folder)
        if let chosen { try? page.load(chosen, environment: name) }
        return page
      })
    defer { pages.stop() }
    try WebService.run(WebServer(routes: pages.routes()), port: port) { address in
      try Output.result("\(address)")
      Output.note("The studio is open at this address; Ctrl-C ends it.")
    }
  }

  private func absolute(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.path
  }
}
