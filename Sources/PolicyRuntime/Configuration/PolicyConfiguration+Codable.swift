import Foundation
import Naming

extension CodingUserInfoKey {
  /// The ``PolicyParts`` that a decoder knows; ``PolicyParts/standard`` where it is not told.
  static let policyParts = CodingUserInfoKey(rawValue: "policyParts")
}

extension JSONDecoder {
  /// A decoder that finds methods and backbones among these.
  convenience init(parts: PolicyParts) {
    self.init()
    if let key = CodingUserInfoKey.policyParts { userInfo[key] = parts }
  }
}

extension Decoder {
  /// The parts that it knows.
  var policyParts: PolicyParts {
    CodingUserInfoKey.policyParts.flatMap { userInfo[$0] as? PolicyParts } ?? .standard
  }
}

extension PolicyConfiguration: Codable, Hashable {
  private enum CodingKeys: String, CodingKey {
    case method, backbone, image, observations, angles, horizons
    case quaternions, discrete, relative, normalisation, padding
  }

  /// Decodes a configuration, also one of format 2; what a method or a backbone leaves out has its
  /// default.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if (try? container.decode(String.self, forKey: .method)) != nil {
      self = try FormerPolicyConfiguration(from: decoder).configuration()
      return
    }
    let parts = decoder.policyParts
    method = try container.decode(NamedPart.self, forKey: .method).part {
      name throws(UnknownName) in
      try parts.methods.method(named: name)
    }
    backbone = try container.decode(NamedPart.self, forKey: .backbone).part {
      name throws(UnknownName) in
      try parts.backbones.backbone(named: name)
    }
    image = try container.decode(ImageConfiguration.self, forKey: .image)
    observations = try container.decodeIfPresent([String].self, forKey: .observations)
    angles = try container.decode([String].self, forKey: .angles)
    horizons = try container.decode(Horizons.self, forKey: .horizons)
    quaternions = try container.decodeIfPresent([String].self, forKey: .quaternions)
    discrete = try container.decodeIfPresent([String].self, forKey: .discrete)
    relative = try container.decodeIfPresent([String].self, forKey: .relative)
    normalisation = try container.decodeIfPresent([String].self, forKey: .normalisation)
    padding = try container.decodeIfPresent(Padding.self, forKey: .padding)
  }

  /// Encodes the configuration.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode([method.name: AnyEncodable(method)], forKey: .method)
    try container.encode([backbone.name: AnyEncodable(backbone)], forKey: .backbone)
    try container.encode(image, forKey: .image)
    try container.encodeIfPresent(observations, forKey: .observations)
    try container.encode(angles, forKey: .angles)
    try container.encode(horizons, forKey: .horizons)
    try container.encodeIfPresent(quaternions, forKey: .quaternions)
    try container.encodeIfPresent(discrete, forKey: .discrete)
    try container.encodeIfPresent(relative, forKey: .relative)
    try container.encodeIfPresent(normalisation, forKey: .normalisation)
    try container.encodeIfPresent(padding, forKey: .padding)
  }

  /// Whether two configurations are the same, method and backbone with all their settings.
  public static func == (a: PolicyConfiguration, b: PolicyConfiguration) -> Bool {
    AnyHashable(a.method) == AnyHashable(b.method)
      && AnyHashable(a.backbone) == AnyHashable(b.backbone) && a.image == b.image
      && a.observations == b.observations && a.angles == b.angles && a.horizons == b.horizons
      && a.quaternions == b.quaternions && a.discrete == b.discrete
      && a.relative == b.relative && a.normalisation == b.normalisation && a.padding == b.padding
  }

  /// Hashes all settings.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(AnyHashable(method))
    hasher.combine(AnyHashable(backbone))
    hasher.combine(image)
    hasher.combine(observations)
    hasher.combine(angles)
    hasher.combine(horizons)
    hasher.combine(quaternions)
    hasher.combine(discrete)
    hasher.combine(relative)
    hasher.combine(normalisation)
    hasher.combine(padding)
  }
}

/// A part under its name, `{"sieve": {…}}`, with the settings that are given for it.
private struct NamedPart: Decodable {
  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private let name: String
  private let decoder: any Decoder

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    guard container.allKeys.count == 1, let name = container.allKeys.first else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "must be one name with its settings, such as {\"mlp\": {}}"))
    }
    self.name = name.stringValue
    self.decoder = try container.superDecoder(forKey: name)
  }

  /// The part of that name, as it is written.
  ///
  /// Where settings are missing, such as those that a later version added, they have their
  /// defaults.
  func part<Part>(_ prototype: (String) throws(UnknownName) -> Part) throws -> Part {
    let standard: Part
    do {
      standard = try prototype(name)
    } catch {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath, debugDescription: error.description,
          underlyingError: error))
    }
    func decoded<P: PolicyPart>(_ part: P) throws -> any PolicyPart {
      do {
        // A setting that may be nil is then nil where it is left out, whatever its default.
        return try P(from: decoder)
      } catch DecodingError.keyNotFound {
        return try Settings(from: decoder).applied(to: part, source: name)
      }
    }
    guard let part = standard as? any PolicyPart, let result = try decoded(part) as? Part else {
      throw UnknownName(kind: "part", name: name, known: [])
    }
    return result
  }
}

/// A value whose type is not known where it is encoded.
private struct AnyEncodable: Encodable {
  private let value: any Encodable

  init(_ value: any Encodable) { self.value = value }

  func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
}
