import Foundation
import Studio
import Testing

@Suite struct WebServerTests {
  @Test func `A page is served with the headers that protect it`() async throws {
    let server = WebServer(routes: [try .page("/studio.css", "studio.css")])
    let address = try await server.start(port: 0)
    #expect(address.port != 0)
    await server.stop()
  }
}
