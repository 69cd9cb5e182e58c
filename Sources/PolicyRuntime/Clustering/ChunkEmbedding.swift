/// Chunks as points to be clustered: numbers as they are, and a value that is one of a few as a
/// corner for each, as far from every other as the two ends of a number.
///
/// The mean of such points tells how often each was seen; a centre takes the most frequent.
///
/// Source: Huang, "Extensions to the k-means algorithm for clustering large data sets with
/// categorical values", 1998 (k-prototypes).
struct ChunkEmbedding {
  private let shape: PolicyShape
  /// For each value of a chunk the values that it can have; none for a number.
  private let categories: [[Float]]
  /// The coordinates of a point.
  let width: Int

  private static let corner = Float(2).squareRoot()

  init(_ shape: PolicyShape) {
    self.shape = shape
    categories = (0..<shape.chunkWidth).map { shape.categories(ofChunkValue: $0) ?? [] }
    width = categories.reduce(0) { $0 + max(1, $1.count) }
  }

  /// For each value of a chunk whether it is one of a few.
  var isCategory: [Bool] { categories.map { !$0.isEmpty } }

  /// The points of chunks, chunk by chunk.
  func points(_ chunks: [Float]) -> [Float] {
    if shape.actionCategories == nil { return chunks }
    var points: [Float] = []
    points.reserveCapacity(chunks.count / shape.chunkWidth * width)
    for start in stride(from: 0, to: chunks.count, by: shape.chunkWidth) {
      for (j, known) in categories.enumerated() {
        let value = chunks[start + j]
        guard let category = shape.category(of: value, at: j) else {
          points.append(value)
          continue
        }
        points += known.indices.map { $0 == category ? Self.corner : 0 }
      }
    }
    return points
  }

  /// The chunks that points stand for.
  func chunks(_ points: [Float]) -> [Float] {
    if shape.actionCategories == nil { return points }
    var chunks: [Float] = []
    for start in stride(from: 0, to: points.count, by: width) {
      var place = start
      for known in categories {
        let coordinates = points[place..<place + max(1, known.count)]
        let most = coordinates.indices.max { coordinates[$0] < coordinates[$1] } ?? place
        chunks.append(known.isEmpty ? points[place] : known[most - place])
        place += coordinates.count
      }
    }
    return chunks
  }
}
