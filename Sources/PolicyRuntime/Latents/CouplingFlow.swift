internal import Foundation
package import Neural

/// An invertible map of a chunk, given what is seen: couplings that keep one half and scale and
/// shift the other by what a network makes of the half that is kept.
///
/// out = in·e^s + shift with s = 2·tanh(raw/2). Between couplings values change places: they are
/// reversed after every first of two, and shuffled like cards after every second, so that halves
/// mix. Values that never change are left as they are: their density has no bound.
///
/// Source: Dinh, Sohl-Dickstein & Bengio, "Density estimation using Real NVP", ICLR 2017.
package struct CouplingFlow {
  /// The number of a chunk's values.
  let width: Int
  private let networks: [HiddenLayers]
  private let places: [Places]
  /// 1 for scales and shifts of values that change, 0 for the others.
  private let changing: [ConstantMap]
  /// The same for what comes out; values that never change come out as they are.
  private let latentChanging: ConstantMap
  /// Adds what a density has besides, ½ ln 2π a value.
  private let nats: ConstantMap

  /// How values change places after a coupling, and back.
  private struct Places {
    let order: [Int]
    let forward, backward: ConstantMap

    init(_ scope: ParameterScope, _ order: [Int]) {
      self.order = order
      var inverse = order
      for (place, source) in order.enumerated() { inverse[source] = place }
      func map(_ name: String, _ order: [Int]) -> ConstantMap {
        ConstantMap(
          scope[name], inputs: order.count, outputs: order.map { ConstantMap.Output($0) })
      }
      forward = map("forward", order)
      backward = map("backward", inverse)
    }
  }

  /// What a coupling keeps: the first half of the values.
  private var kept: Int { width / 2 }

  /// Declares the couplings' networks; ``declareConstants(_:)`` follows behind all that is trained.
  ///
  /// - Parameters:
  ///   - scope: Where to declare.
  ///   - width: The number of a chunk's values.
  ///   - context: The number of features of what is seen; 0 for none.
  ///   - couplings: How many.
  ///   - layers: The sizes of their networks.
  /// - Returns: The networks.
  package static func networks(
    _ scope: ParameterScope, width: Int, context: Int, couplings: Int, layers: CodecLayers
  ) -> [HiddenLayers] {
    (0..<couplings).map { index in
      layers.layers(
        scope["coupling"][index], inputs: width / 2 + context, outputs: 2 * (width - width / 2))
    }
  }

  /// Declares the constants behind all that is trained.
  package init(_ scope: ParameterScope, width: Int, networks: [HiddenLayers]) {
    self.width = width
    self.networks = networks
    let half = width / 2
    places = (0..<max(networks.count - 1, 0)).map { index in
      let reversed = Array((0..<width).reversed())
      // 0, h, 1, h + 1, …
      let shuffled = (0..<width).map { $0 % 2 == 0 ? $0 / 2 : (width + 1) / 2 + $0 / 2 }
      return Places(scope["places"][index], index % 2 == 0 ? reversed : shuffled)
    }
    func ones(_ name: String, _ count: Int) -> ConstantMap {
      ConstantMap(scope[name], inputs: count, outputs: (0..<count).map { .init($0) })
    }
    changing = networks.indices.map { ones("changing.\($0)", 2 * (width - half)) }
    latentChanging = ones("changing.latent", width)
    nats = ConstantMap(scope["nats"], inputs: 1, outputs: [ConstantMap.Output(0)])
  }

  /// z and ln |dz/dA|, [width] and [1].
  package func encoded(_ chunk: Node, _ context: Node? = nil) -> (
    latent: Node, logDeterminant: Node
  ) {
    var x = chunk.flattened
    var scales: [Node] = []
    for index in networks.indices {
      let (still, moved) = (x.columns(0..<kept), x.columns(kept..<width))
      let (shift, scale) = changes(index, still, context)
      x = Node.concatenation([still, moved * Activation.exponential(scale) + shift])
      scales.append(scale)
      if index < places.count { x = places[index].forward(x) }
    }
    let all = Node.concatenation(scales)
    return (x, all.mean * Float(all.count))
  }

  /// −ln p(A) a value that changes: (½‖z‖² − ln |dz/dA|)/n + ½ ln 2π.
  package func negativeLogLikelihood(
    _ latent: Node, _ logDeterminant: Node, values: Int
  ) -> Node {
    let power = (latent * latent).mean * (Float(latent.count) / Float(values) / 2)
    return nats(power.sum(with: logDeterminant, scaleB: -1 / Float(values)))
  }

  /// The chunk that a latent stands for.
  package func decoded(_ latent: Node, _ context: Node? = nil) -> Node {
    var x = latentChanging(latent.flattened)
    for index in networks.indices.reversed() {
      if index < places.count { x = places[index].backward(x) }
      let (still, moved) = (x.columns(0..<kept), x.columns(kept..<width))
      let (shift, scale) = changes(index, still, context)
      x = Node.concatenation([still, (moved - shift) * Activation.exponential(scale * -1)])
    }
    return x
  }

  private func changes(
    _ index: Int, _ still: Node, _ context: Node?
  ) -> (shift: Node, scale: Node) {
    let outputs = context.map { networks[index](still, $0) } ?? networks[index](still)
    let changes = changing[index](outputs)
    let half = width - kept
    return (
      changes.columns(0..<half), Activation.tanh(changes.columns(half..<2 * half) * 0.5) * 2
    )
  }

  /// The constants for data of which some values never change.
  ///
  /// - Parameter still: For each of the chunk's values the only one that it has; nil where it
  ///   changes.
  /// - Returns: Constants by their names.
  package func constants(_ still: [Float?]) -> [String: [Float]] {
    var result: [String: [Float]] = [:]
    func write(_ map: ConstantMap, _ still: [Float?]) {
      var values = [Float](repeating: 0, count: still.count * still.count)
      for (index, value) in still.enumerated() where value == nil {
        values[index * still.count + index] = 1
      }
      result[map.weight.name] = values
    }
    var own = still
    for index in networks.indices {
      let moved = Array(own[kept...])
      write(changing[index], moved + moved)
      if index < places.count { own = places[index].order.map { own[$0] } }
    }
    write(latentChanging, own)
    result[latentChanging.bias.name] = own.map { $0 ?? 0 }
    let values = still.count { $0 == nil }
    let power = still.reduce(0.0) { $0 + Double($1 ?? 0) * Double($1 ?? 0) }
    result[nats.bias.name] = [Float(log(2 * .pi) / 2 - power / Double(2 * values))]
    return result
  }

  /// For each of a latent's numbers the only one that it has, by the constants; nil where it
  /// changes.
  func stillLatents(_ weights: Weights) -> [Float?] {
    let (values, still) = (weights[latentChanging.weight], weights[latentChanging.bias])
    return (0..<width).map { values[$0 * width + $0] != 0 ? nil : still[$0] }
  }

  /// The same for the chunk's values.
  func stillValues(_ weights: Weights) -> [Float?] {
    var result = stillLatents(weights)
    for places in places.reversed() {
      let own = result
      for (place, source) in places.order.enumerated() { result[source] = own[place] }
    }
    return result
  }
}
