internal import CKernels

/// The sizes of an attention over the tokens of one sample.
struct AttentionSizes {
  var tokens: Int
  var heads: Int
  var headWidth: Int
  /// The first token that attends, and how many do.
  var firstQuery, queries: Int

  /// Elements of queries, of keys and of values of one token.
  var width: Int { heads * headWidth }

  /// Weights of one sample: each query's mean over all tokens, for each head.
  var weightCount: Int { heads * queries * tokens }

  var kernel: CKernels_attention {
    CKernels_attention(
      tokens: tokens, first_query: firstQuery, queries: queries, heads: heads,
      head_width: headWidth)
  }
}

extension Node {
  /// Scaled dot-product attention: softmax(QKᵀ/√d) V for each head, without a mask.
  ///
  /// This node holds Q, K and V side by side: [tokens, 3 · heads · d].
  ///
  /// Source: Vaswani et al., "Attention is all you need", 2017, equation 1.
  ///
  /// - Parameters:
  ///   - heads: The number of heads.
  ///   - queries: The tokens whose result is wanted; nil for all.
  /// - Returns: A node of shape [queries, heads · d].
  public func attention(heads: Int, queries: Range<Int>? = nil) -> Node {
    precondition(width % (3 * heads) == 0, "\(width) columns are no queries, keys and values")
    let queries = queries ?? 0..<rows
    let sizes = AttentionSizes(
      tokens: rows, heads: heads, headWidth: width / (3 * heads), firstQuery: queries.lowerBound,
      queries: queries.count)
    return graph.record(
      .attention(index, sizes), shape: [queries.count, sizes.width], from: [self])
  }
}

/// Multi-head self-attention: a linear map to queries, keys and values, attention, a linear map
/// back.
///
/// - `input`: [width, 3 · heads · headWidth]; `output`: [heads · headWidth, width].
public struct SelfAttention {
  private let input: Linear
  private let output: Linear
  private let heads: Int

  /// Declares the two maps.
  ///
  /// - Parameters:
  ///   - scope: Where to declare.
  ///   - width: The width of tokens.
  ///   - heads: The number of heads.
  ///   - headWidth: The width of each head's queries, keys and values.
  public init(_ scope: ParameterScope, width: Int, heads: Int, headWidth: Int) {
    input = Linear(scope["input"], inputs: width, outputs: 3 * heads * headWidth)
    output = Linear(scope["output"], inputs: heads * headWidth, outputs: width)
    self.heads = heads
  }

  /// Records the attention of tokens to each other.
  ///
  /// - Parameters:
  ///   - tokens: [tokens, width].
  ///   - queries: The tokens whose result is wanted; nil for all.
  /// - Returns: [queries, width].
  public func callAsFunction(_ tokens: Node, queries: Range<Int>? = nil) -> Node {
    output(input(tokens).attention(heads: heads, queries: queries))
  }
}
