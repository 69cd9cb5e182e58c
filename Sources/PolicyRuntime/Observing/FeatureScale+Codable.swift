extension FeatureScale: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, width, angles, degrees, turns, quaternions, discrete, low, high, normalisation
    case arithmetic, reach, shape
  }

  /// Decodes a scale and checks it; one that says nothing else is by ranges, in 32 bits.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func list<Value: Decodable>(_ key: CodingKeys) throws -> [Value] {
      try container.decodeIfPresent([Value].self, forKey: key) ?? []
    }
    let name = try container.decode(String.self, forKey: .name)
    let arithmetic = try container.decodeIfPresent(Arithmetic.self, forKey: .arithmetic) ?? .float
    func numbers(_ key: CodingKeys) throws -> [Double] {
      arithmetic == .float
        ? try container.decode([Float].self, forKey: key).map { Double($0) }
        : try container.decode([Double].self, forKey: key)
    }
    let (low, high) = (try numbers(.low), try numbers(.high))
    guard low.count == high.count else {
      throw WindowError.malformedNormalizer(
        name: name, reason: "\(low.count) lower ends and \(high.count) upper ends")
    }
    let meaning = ValueMeaning(
      angles: try container.decode([Int].self, forKey: .angles), degrees: try list(.degrees),
      turns: try list(.turns), quaternions: try list(.quaternions), discrete: try list(.discrete))
    let reach = try container.decodeIfPresent([[Float]].self, forKey: .reach)
    guard reach?.allSatisfy({ $0.count == 2 }) ?? true else {
      throw WindowError.malformedNormalizer(name: name, reason: "a reach has two ends")
    }
    try self.init(
      name: name, width: try container.decode(Int.self, forKey: .width),
      shape: try container.decodeIfPresent([Int].self, forKey: .shape), meaning: meaning,
      features: zip(low, high).map { SIMD2($0, $1) }, reach: reach?.map { SIMD2($0[0], $0[1]) },
      normalisation: try container.decodeIfPresent(Normalisation.self, forKey: .normalisation)
        ?? .range,
      arithmetic: arithmetic)
  }

  /// Encodes a scale; what is as it always was is not mentioned.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(width, forKey: .width)
    try container.encode(angles, forKey: .angles)
    if arithmetic == .float {
      try container.encode(low, forKey: .low)
      try container.encode(high, forKey: .high)
    } else {
      try container.encode(ends.map { $0[0] }, forKey: .low)
      try container.encode(ends.map { $0[1] }, forKey: .high)
      try container.encode(arithmetic, forKey: .arithmetic)
    }
    if normalisation != .range { try container.encode(normalisation, forKey: .normalisation) }
    if !degrees.isEmpty { try container.encode(degrees, forKey: .degrees) }
    if !turns.isEmpty { try container.encode(turns, forKey: .turns) }
    if !quaternions.isEmpty { try container.encode(quaternions, forKey: .quaternions) }
    if !discrete.isEmpty { try container.encode(discrete, forKey: .discrete) }
    if let shape { try container.encode(shape, forKey: .shape) }
    if let reach { try container.encode(reach.map { [$0[0], $0[1]] }, forKey: .reach) }
  }
}
