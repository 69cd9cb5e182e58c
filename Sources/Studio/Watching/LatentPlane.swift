public import Imitation

/// Demonstrated chunks in a plane of their latents, in which a policy's decisions are placed too.
public struct LatentPlane: Sendable {
  /// Makes the plane of a policy and its demonstrations.
  public typealias Source =
    @Sendable (_ checkpoint: Checkpoint, _ demonstrations: String) throws -> LatentPlane

  /// For each demonstrated chunk its place.
  public let places: [SIMD2<Float>]
  /// For each chunk the index of what its episode did in ``behaviours``.
  public let labels: [Int]
  /// What episodes did, in words.
  public let behaviours: [String]
  /// The parts of the latents' variance along the two axes, each in 0…1.
  public let shares: SIMD2<Double>
  /// Where a latent lies.
  public let place: @Sendable (_ latent: [Float]) -> SIMD2<Float>

  /// Creates a plane; arguments are as the properties of these names.
  public init(
    places: [SIMD2<Float>], labels: [Int], behaviours: [String], shares: SIMD2<Double>,
    place: @escaping @Sendable (_ latent: [Float]) -> SIMD2<Float>
  ) {
    self.places = places
    self.labels = labels
    self.behaviours = behaviours
    self.shares = shares
    self.place = place
  }
}

/// The plane as a page draws it; told once for each policy.
struct LatentDocument: Encodable {
  let kind = "latents"
  private let places: PackedNumbers
  private let labels: [Int]
  private let behaviours: [String]
  private let shares: [Double]

  init(_ plane: LatentPlane) {
    places = PackedNumbers(
      plane.places.flatMap { [$0.x, $0.y] }, shape: [plane.places.count, 2])
    labels = plane.labels
    behaviours = plane.behaviours
    shares = [plane.shares.x, plane.shares.y]
  }
}
