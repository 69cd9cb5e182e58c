/// Behaviour cloning over clusters: k-means finds typical chunks among the demonstrations', and the
/// backbone predicts a distribution over them.
///
/// Acts the centre of a cluster that it draws.
///
/// Source: Pearce et al., "Imitating human behaviour with diffusion models", ICLR 2023, section 5.
public struct KMeansMethod: ClusteringMethod {
  /// The name by which it is chosen.
  public static let name = "kmeans"
  /// What it learns.
  public static let summary = "one of K typical chunks"

  /// The number of clusters; at least 2, at most the number of distinct chunks in the
  /// demonstrations.
  public var clusters: Int

  /// Creates the method with 64 clusters.
  public init() { self.init(clusters: 64) }

  /// Creates the method.
  public init(clusters: Int) { self.clusters = clusters }

  /// How chunks become clusters.
  public var clustering: ClusteredChunks { ClusteredChunks(clusters: clusters, offsetWeight: nil) }
}
