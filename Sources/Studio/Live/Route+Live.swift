package import Web

extension Route {
  /// Connects pages with what stands behind them.
  ///
  /// - Parameters:
  ///   - path: The path of the WebSocket.
  ///   - station: What stands behind the pages.
  /// - Returns: The route.
  package static func live(_ path: String, _ station: LiveStation) -> Route {
    .socket(path) { socket, _ in
      let client = station.connect { document, isSkippable in
        socket.send(document, isSkippable: isSkippable)
      }
      for await message in socket.messages { station.receive(message, from: client) }
      station.disconnect(client)
    }
  }
}
