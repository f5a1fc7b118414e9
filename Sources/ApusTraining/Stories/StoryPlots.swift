// The stories' rules, to be read as text:
//   {+kind} chooses a word of the list `kind` and says it      {kind} says the chosen word again
//   {+a look}, {a look} the same with "a" or "an"              {he} {him} {his} {He} {His} pronouns of `name`
//   <meet> goes on with one of the rule's alternatives         {he2} … those of `name2`
//   a digit (`spot2`) is another, different word of the same list
// Alternatives of a rule differ before their first choice, so the words said so far always tell which one was taken.

/// The rules, by name, and what depends on what.
enum StoryPlots {
  /// A word of the first list is distributed according to the chosen word of the second.
  static let givens: [String: String] = [
    "kind": "trait", "name": "kind", "house": "kind", "home": "house", "hobby": "kind", "part": "weather",
    "object": "look",
    "look": "kind", "spot": "object", "feel": "kind", "dirt": "spot", "fell": "object", "tool": "fell", "item": "food",
    "bowl": "item", "tasty": "food", "place": "relative", "barrier": "size", "ride": "barrier", "glad": "relative",
    "stuff": "object", "until": "part", "need": "kind", "plant": "look", "unit": "number", "advice": "contest",
    "guide": "place", "food": "kind", "dream": "kind", "contest": "kind", "relative": "kind",
  ]

  static let rules: [String: [String]] = [
    "story": ["<start> <love> <when><plot> <thanks> <final>"],
    "start": [
      "Once upon a time, there was {+a trait} {+kind} named {+name}. {He} lived in {+a house} {+home}.",
      "Once there was {+a trait} {+kind} called {+name}, who lived in {+a house} {+home}.",
      "In {+a house} {+home} lived {+a trait} {+kind}. The {kind} was called {+name}.",
      "Long ago, {+a trait} {+kind} named {+name} lived in {+a house} {+home}.",
      "There was once {+a trait} {+kind} in {+a house} {+home}. Everyone called the {kind} {+name}.",
      "This is the story of {+name}, {+a trait} {+kind} from {+a house} {+home}.",
    ],
    "love": [
      "{He} loved to {+hobby}.",
      "Every day, {he} would {+hobby}.",
      "{name} liked to {+hobby} and to {+hobby2}.",
      "More than anything, {he} liked to {+hobby}.",
      "Nobody could {+hobby} as well as {name}.",
      "{name} always wanted to {+hobby}.",
    ],
    "when": [
      "One {+weather} {+part}, ", "On {+a weather} {+part}, ", "It was {+a weather} {+part}, and ",
      "Then, one {+weather} {+part}, ",
    ],
    "plot": [
      // Something is lost.
      """
      {name} could not find {his} {+look} {+object}. {He} looked {+spot} and {+spot2}, but it was not there. <feel> \
      <meet> <ask> "I have lost my {look} {object}," said {name}. <saw> <found>
      """,
      // Something is out of reach.
      """
      {name} was playing with {his} {+look} {+object} when it {+fell}. {He} tried to get it back with {+a tool}, but \
      <failed> <feel> <meet> "I have {+a tool2}," said {name2}. "<cheer>" <freed>
      """,
      // Something is missing in the kitchen.
      """
      {name} wanted to make {+food}, but there was no {+item} left. {He} looked {+spot} and found only {+a look} \
      {+object}. <feel> <meet> "Do you have any {item}?" asked {name}. <give> They cooked together, and the {food} \
      tasted {+tasty}.
      """,
      // A present without money.
      """
      {name} remembered that it was the birthday of {his} friend {+name2}, {+a trait2} {+kind2}. {He} wanted to buy \
      {+a look} {+object}, but it cost too much. <feel> So {he} took some {+stuff} and some {+stuff2} and made {a \
      object} all by {himself}. <present>
      """,
      // A way that is blocked.
      """
      {name} set out to visit {his} {+relative} near the {+place}. {He} took {+a look} {+object} as a present. On the \
      way, {he} came to {+a size} {+barrier} and could not go on. <feel> <meet> "We can use my {+ride}," said {name2}. \
      So they went on together, and {his} {relative} was {+glad} to see them. <liked>
      """,
      // Something breaks.
      """
      {name} dropped {his} {+look} {+object}, and it broke. {He} tried to mend it with some {+stuff}, but it fell \
      apart again. <feel> <meet> <ask> {name} showed {him2} the {object}. "We need {+stuff2}," said {name2}. They \
      worked until {+until}, and then it was as good as new.
      """,
      // A noise.
      """
      {name} suddenly heard {+a sound} noise {+spot}. "Who is there?" {he} called. {He} was a little {+feel}. <reveal> \
      They looked {+spot2} and {+spot3}, and at last they found it.
      """,
      // Lunch for two.
      """
      {name} sat down {+spot} to eat some {+food}. <meet> "I am so hungry," said {name2}. {name} gave {him2} half of \
      the {food}, and it tasted {+tasty}. In return, {name2} gave {name} {+a look} {+object} that {he2} had found \
      {+spot2}.
      """,
      // A seed.
      """
      {name} found {+a look} seed {+spot} and planted it {+spot2}. {He} watered it every day, but nothing grew. <feel> \
      <meet> "A seed needs {+need}," said {name2}. They waited for {+number} {+unit}, and then {+a look2} {+plant} \
      grew there.
      """,
      // A contest.
      """
      {name} heard about a {+contest}. The prize was {+a look} {+object}. But {he} was {+feel}, because {he} had never \
      won anything. <meet> "You only have to {+advice}," said {name2}. So {name} took part and came {+rank}. <clap>
      """,
      // Lost on the way.
      """
      {name} walked too far and got lost near the {+place}. <feel> <meet> <ask> "I cannot find my way home," said \
      {name}. "Follow the {+guide}," said {name2}. They walked past the {+place2} and the {+place3}, and there was the \
      {house} {home}.
      """,
      // In bed with a cold.
      """
      {name} woke up with {+ache}. {He} could not {hobby}. <feel> But then {his} friend {+name2}, {+a trait2} \
      {+kind2}, came with some {+food} and {+a look} {+object}. After {+number} {+unit}, {name} could {hobby} again.
      """,
    ],
    "feel": [
      "{He} was very {+feel}.", "{name} felt {+feel}.", "This made {him} {+feel}.",
      "\"Oh no!\" said {name}, who was now quite {+feel}.", "Poor {name} was so {+feel} that {he} sat down and cried.",
    ],
    "meet": [
      "Then {he} met {+a trait2} {+kind2} named {+name2}.", "Just then, {+a trait2} {+kind2} called {+name2} came by.",
      "Soon {his} friend {+name2}, {+a trait2} {+kind2}, came along.",
      "{He} went to see {+name2}, {+a trait2} {+kind2}.",
      "Along came {+a trait2} {+kind2}. \"My name is {+name2},\" said the {kind2}.",
    ],
    "ask": [
      "\"What is the matter?\" asked {name2}.", "\"Can I help you?\" {he2} asked.", "{name2} asked what was wrong.",
      "\"Why do you look so {feel}?\" asked {name2}.", "\"Oh dear!\" said {name2}. \"Tell me what happened.\"",
    ],
    "saw": [
      "\"I think I saw it {+spot3},\" said {name2}.", "\"Did you look {+spot3}?\" asked {name2}.",
      "{name2} said, \"Let us look {+spot3}.\"", "\"Maybe it is {+spot3},\" {he2} said.",
    ],
    "found": [
      "And there it was!", "They ran there and found it at once.",
      "Sure enough, there lay the {object}, a bit {+dirt} but safe.",
      "They looked, and there was the {look} {object}.", "It was there, and it was only a little {+dirt}.",
    ],
    "failed": ["it was too far away.", "that did not work.", "nothing helped.", "{he} could not reach it."],
    "cheer": ["Let us try together.", "We can do it!", "This will help.", "Do not give up!"],
    "freed": [
      "They tried and tried, and at last {name} had {his} {object} back.",
      "With the {tool2}, it was easy to get the {object} back.",
      "It took a long time, but then {name} held the {look} {object} again.",
      "One, two, three, and out came the {object}!",
    ],
    "give": [
      "{name2} gave {him} {+a bowl} of {item}.", "\"Yes, a whole {+bowl},\" said {name2}.",
      "\"I have plenty,\" said {name2}, and {he2} brought {+a bowl} of it.",
    ],
    "present": [
      "\"This is the best present of all,\" said {name2}.", "{name2} loved it very much.",
      "\"You made it for me?\" asked {name2}.",
      "{name2} was so happy that {he2} danced.",
    ],
    "liked": [
      "\"What a {look} {object}!\" said the {relative}.", "The {relative} liked the {object} very much.",
      "They put the {object} {+spot} and had some {+food}.",
    ],
    "reveal": [
      "But it was only {+name2}, {+a trait2} {+kind2}. \"I am looking for my {+look} {+object},\" {he2} said.",
      "Out came {+a trait2} {+kind2} named {+name2}, who had lost {+a look} {+object}.",
      "\"It is only me, {+name2},\" said {+a trait2} {+kind2}. \"Have you seen my {+look} {+object}?\"",
    ],
    "clap": [
      "Everyone clapped.", "{name2} cheered and gave {him} {+a look2} {+object2}.", "They shared the {object}.",
      "\"Well done!\" said {name2}.",
    ],
    "thanks": [
      "\"Thank you, {name2}!\" said {name}.", "{name} gave {name2} a big hug.", "They both laughed.",
      "Then they went to {hobby} together.", "{name2} smiled at {name}.", "{name} and {name2} danced for joy.",
      "\"You are {+a praise} friend,\" said {name}.",
    ],
    "final": [
      "From that day on, they were best friends.", "And {name} learned that {+lesson}.",
      "That night, {name} dreamed of {+dream}.", "After that, they would {hobby} together every {+day}.",
      "In the evening, {name} went home to {his} {house} {home} and dreamed of {+dream}.",
      "Since then, {name} and {name2} meet every {+day}.", "{name} never forgot that {+lesson}.",
    ],
  ]
}
