// The table of all settings, in the order in which a configuration is written.

extension PretrainConfiguration {
  /// Every setting.
  public static let settings: [Setting] = [
    .choice("objective", \.objective, "what is learnt: to predict the next token, or masked ones"),
    .number("masking.probability", \.masking.probability, 0.001...0.999, "share of tokens that are to be predicted"),
    .number("masking.mask_share", \.masking.maskShare, 0...1, "of these, the share that becomes the mask"),
    .number("masking.random_share", \.masking.randomShare, 0...1, "of these, the share that becomes a random token"),
    .flag("masking.whole_words", \.masking.wholeWords, "choose all pieces of a word together"),

    .text("model.architecture", \.model.architecture, "model_type: \(ModelSettings.architectures)"),
    .integer("model.layers", \.model.layers, 1...1024, "transformer layers"),
    .integer("model.heads", \.model.heads, 1...1024, "query heads"),
    .integer("model.key_value_heads", \.model.keyValueHeads, 0...1024, "key-value heads; 0: as many as heads"),
    .integer("model.width", \.model.width, 1...65_536, "features of the residual stream"),
    .integer("model.feed_forward", \.model.feedForward, 0...1_048_576, "feed-forward features; 0: by custom"),
    .integer("model.experts", \.model.experts, 1...16_384, "experts of a layer (mixtral)"),
    .integer("model.experts_per_token", \.model.expertsPerToken, 1...16_384, "experts that a token sees (mixtral)"),
    .number("model.load_balancing", \.model.loadBalancing, 0...1e3, "weight of the experts' balancing loss (mixtral)"),
    .integer(
      "model.sliding_window", \.model.slidingWindow, 0...1_048_576,
      "tokens looked back; 0: all (mistral, mixtral, gemma3_text)"),
    .integer("model.context", \.model.context, 1...1_048_576, "tokens of the longest sequence"),
    .integer("model.vocabulary_size", \.model.vocabularySize, 0...16_777_216, "embedding rows; 0: the tokenizer's"),
    .number("model.dropout", \.model.dropout, 0...0.999, "share of activations dropped in training"),
    .optionalFlag("model.tie_embeddings", \.model.tieEmbeddings, "whether the output projection is the embedding"),
    .number("model.rope_theta", \.model.ropeTheta, 1...1e12, "base of the rotary angles"),

    .texts("data.text", \.data.text, "text files to learn from"),
    .optionalText("data.shards", \.data.shards, "folder of shards to learn from instead of text"),
    .number("data.validation_fraction", \.data.validationFraction, 0.0001...0.5, "share of text kept for validation"),
    .choice("data.documents", \.data.documents, "what a document is"),
    .text("data.separator", \.data.separator, "text between documents; empty: the end-of-text token's text"),
    .choice("data.sampling", \.data.sampling, "order of the rows"),
    .flag("data.cut_documents", \.data.cutDocuments, "cut documents so that every row is full"),
    .flag("data.cross_documents", \.data.crossDocuments, "let attention cross from one document to the next"),

    .optionalText("tokenizer.path", \.tokenizer.path, "tokenizer to use instead of training one"),
    .choice("tokenizer.algorithm", \.tokenizer.algorithm, "what kind of tokenizer to train"),
    .integer("tokenizer.vocabulary_size", \.tokenizer.vocabularySize, 257...1_048_576, "ids of a trained tokenizer"),
    .integer("tokenizer.training_bytes", \.tokenizer.trainingBytes, 1...Int.max, "text that a tokenizer is trained on"),

    .choice("optimizer.schedule", \.optimizer.schedule, "shape of the learning rate"),
    .number("optimizer.learning_rate", \.optimizer.learningRate, 0...1e3, "highest learning rate"),
    .number("optimizer.minimum_learning_rate", \.optimizer.minimumLearningRate, 0...1e3, "rate where the decay ends"),
    .integer("optimizer.warmup_steps", \.optimizer.warmupSteps, 0...Int.max, "steps that climb to the highest rate"),
    .integer("optimizer.decay_steps", \.optimizer.decaySteps, 0...Int.max, "steps of the final decay of wsd"),
    .number("optimizer.beta1", \.optimizer.beta1, 0...0.999999, "decay of the mean of gradients"),
    .number("optimizer.beta2", \.optimizer.beta2, 0...0.999999, "decay of the mean of squares"),
    .number("optimizer.epsilon", \.optimizer.epsilon, 1e-30...1, "added to the root of the mean square"),
    .number("optimizer.weight_decay", \.optimizer.weightDecay, 0...100, "weight decay of matrices"),
    .number("optimizer.gradient_clip", \.optimizer.gradientClip, 0...1e9, "largest gradient norm; 0: not clipped"),

    .integer("training.steps", \.training.steps, 1...1_000_000_000, "optimiser steps"),
    .integer("training.batch", \.training.batch, 1...1_000_000, "rows of a step"),
    .integer(
      "training.micro_batch", \.training.microBatch, 0...1_000_000, free: true,
      "rows computed at once; 0: as many as make 16,384 tokens"),
    .integer("training.seed", \.training.seed, 0...Int.max, "seed of weights, order, masks and dropout"),

    .integer("evaluation.every", \.evaluation.every, 0...Int.max, "steps between validations; 0: only at the end"),
    .integer("evaluation.tokens", \.evaluation.tokens, 0...Int.max, "validation tokens scored; 0: all"),
    .text(
      "evaluation.sample_prompt", \.evaluation.samplePrompt, free: true, "what samples begin with, or have masks in"),
    .integer(
      "evaluation.sample_tokens", \.evaluation.sampleTokens, 0...65_536, free: true, "tokens of a sample; 0: none"),

    .integer("checkpoints.every", \.checkpoints.every, 0...Int.max, free: true, "steps between; 0: only at the end"),
    .integer("checkpoints.keep", \.checkpoints.keep, 1...Int.max, free: true, "how many of the last are kept"),
  ]
}
