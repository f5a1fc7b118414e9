// The words of the stories: lists in falling order of frequency, the vocabulary of a small child. Names are composed of
// syllables, so that the tail is long and still pronounceable.

/// The word lists, by name.
enum StoryWords {
  /// Words of one kind with the steepness of their distribution: the word of rank r has a weight of 1/(r +
  /// offset)^exponent.
  struct List {
    var words: [String]
    var exponent: Double
    var offset: Double
    /// Each context takes its words from a window of this width of the common order: 1 keeps the order.
    var window: Int

    init(_ text: String, exponent: Double = 1, offset: Double = 2, window: Int = 10) {
      words = text.split(separator: ",").map { String($0.drop { $0 == " " || $0 == "\n" }) }
      (self.exponent, self.offset, self.window) = (exponent, offset, window)
    }
  }

  static let lists: [String: List] = [
    "trait": List(
      """
      little, kind, brave, happy, curious, shy, clever, funny, quiet, gentle, cheerful, young, friendly, lively, \
      sleepy, careful, playful, patient, busy, hungry, silly, dreamy, polite, proud, old, lonely, fluffy, eager, \
      merry, stubborn, neat, wise
      """),
    "kind": List(
      """
      rabbit, fox, girl, bear, boy, mouse, cat, dog, duck, owl, frog, hedgehog, squirrel, turtle, penguin, pony, lamb, \
      bird, pig, hen, goat, mole, badger, otter, beaver, deer, wolf, lion, tiger, elephant, monkey, panda, koala, \
      kangaroo, zebra, giraffe, goose, seal, dragon, robot, snail, donkey, crow, bat
      """),
    "name": names,
    "house": List(
      """
      little, cosy, big, green, old, quiet, warm, tiny, sunny, snug, crooked, pretty, hidden, round, blue, dark, \
      yellow, windy, red, busy, tidy, white, snowy, bright, lovely, faraway
      """),
    "home": List(
      """
      house, forest, village, cottage, burrow, valley, garden, hut, cave, castle, tree house, barn, town, meadow, \
      tower, tent, mill, wood, den, field, lighthouse, inn, cabin, palace
      """),
    "hobby": List(
      """
      sing, dance, paint pictures, bake bread, climb trees, read books, count the stars, pick flowers, fly kites, jump \
      in puddles, tell stories, play ball, swim in the lake, build towers, collect shells, plant seeds, play the drum, \
      watch the clouds, chase butterflies, make paper boats, roll down the hill, tell jokes, hum old songs, feed the \
      birds, catch falling leaves, ride a scooter, play hide and seek, blow bubbles, skip stones, draw maps, knit \
      scarves, sleep in the sun, watch the ships, whistle, build sand castles, listen to the wind, walk in the snow, \
      bang on pots, run in the rain, eat berries
      """),
    "weather": List(
      """
      sunny, rainy, cold, warm, windy, bright, snowy, cloudy, foggy, grey, stormy, cool, lovely, hot, frosty, golden, \
      quiet, fine
      """),
    "part": List("morning, day, afternoon, evening, Sunday, Saturday, autumn day, spring morning", window: 4),
    "look": List(
      """
      red, blue, little, green, yellow, big, shiny, old, new, golden, round, wooden, soft, white, black, pink, silver, \
      purple, striped, orange, tiny, magic, pretty, lucky, painted, funny, brown, spotted, smooth, bright, squeaky, \
      dusty, fancy, plain, rusty, crooked, secret, lovely, special, strange, tall, flat, wobbly, sparkling, heavy, \
      light, glittering, crumpled, patched, borrowed
      """, window: 12),
    "object": List(
      """
      ball, kite, book, hat, drum, boat, bell, box, lamp, cup, doll, flute, key, scarf, balloon, button, spoon, map, \
      ring, mirror, basket, blanket, teddy bear, toy train, umbrella, pillow, puzzle, stone, shell, feather, whistle, \
      crown, bucket, flag, clock, lantern, ribbon, wagon, puppet, marble, mitten, shoe, sock, boot, coat, cap, cape, \
      coin, candle, letter, trumpet, violin, guitar, harp, teapot, kettle, plate, bowl, jar, mug, jug, pan, pencil, \
      pen, crayon, brush, comb, notebook, painting, postcard, parcel, suitcase, purse, pocket watch, telescope, \
      compass, magnet, snow globe, music box, rocket, sled, scooter, top, wand, mask, medal, necklace, bracelet, bow, \
      glove, slipper, jacket, raincoat, cushion, rug, chair, stool, broom, hammer, rope, wheel, bottle, vase, tray, \
      ticket, tambourine, xylophone, yo-yo, spinning wheel, wind chime, tin soldier, paper crown, flower pot, walking \
      stick, bird house, cuckoo clock
      """, window: 16),
    "spot": List(
      """
      under the bed, behind the door, in the kitchen, in the garden, under the table, on the roof, inside the \
      cupboard, by the well, in the tall grass, behind the shed, on the shelf, near the gate, under a bush, next to \
      the pond, behind the curtain, under the stairs, in the attic, beside the path, between the rocks, on top of the \
      wall, in a hollow tree, at the bus stop, behind the barn, under the bridge, in the wheelbarrow, near the apple \
      tree, on the window sill, in the cellar, under a pile of leaves, beside the fountain, in the letter box, at the \
      bakery, behind the sofa, on the hill, in the rain barrel, among the reeds, by the campfire, under the old oak
      """, window: 12),
    "feel": List(
      "sad, worried, unhappy, upset, lonely, cross, gloomy, nervous, sorry, disappointed, glum, anxious, miserable, "
        + "puzzled, scared"
    ),
    "dirt": List("dusty, wet, muddy, cold, dirty, sandy, sticky, bent, crumpled, cobwebby", window: 4),
    "fell": List(
      """
      fell into a deep hole, flew up into a tree, rolled under a big rock, landed on the roof, fell down the well, \
      got stuck in a bush, rolled into the river, slid under the fence, sank into the mud, bounced over the hedge, \
      landed on a high wall, got caught in the thorns, fell into the pond, dropped behind the stove, rolled off the \
      bridge, went down the chimney, drifted out on the lake, fell through the ice
      """),
    "tool": List(
      """
      stick, rope, ladder, net, broom, spoon, hook, shovel, rake, pole, branch, fishing rod, bucket, chair, umbrella, \
      fork, spade, plank, basket, walking stick, magnet, kite string, towel, wheelbarrow
      """),
    "food": List(
      """
      pancakes, soup, apple pie, bread, cookies, porridge, honey cake, jam, muffins, carrot soup, pudding, waffles, \
      noodles, cherry pie, cheese rolls, pizza, popcorn, plum cake, berry jam, rice pudding, ginger biscuits, lemon \
      cake, pumpkin soup, potato salad, nut bread, peach pie, stew, dumplings, toast, blueberry tart
      """),
    "item": List(
      """
      flour, milk, sugar, butter, honey, salt, cream, water, cinnamon, cheese, yeast, cocoa, oil, jam, vanilla, \
      ginger, fruit, pepper, lemon juice, rice, maple syrup, mint, corn, baking powder
      """),
    "bowl": List("jar, bag, bowl, cup, pot, box, sack, basket, tin, jug, spoonful, bucket, barrel, handful", window: 6),
    "tasty": List(
      """
      wonderful, delicious, sweet, perfect, great, lovely, better than ever, like sunshine, good, a bit burnt, like a \
      dream, very strange, like summer, amazing
      """, window: 6),
    "relative": List(
      "grandmother, grandfather, aunt, uncle, cousin, sister, brother, teacher, neighbour, godmother, pen friend, old "
        + "nurse"
    ),
    "place": List(
      """
      lake, river, mountain, castle, sea, windmill, market, school, waterfall, harbour, forest, farm, station, \
      library, bakery, island, bridge, lighthouse, park, church, desert, museum, orchard, canyon, circus, railway, \
      zoo, toy shop
      """),
    "size": List("big, wide, huge, long, scary, dark, muddy, icy, strange, giant, high, prickly", window: 5),
    "barrier": List(
      "river, wall, fence, swamp, hill, ditch, gate, stream, pile of rocks, hedge, puddle, snowdrift, tunnel, tree "
        + "trunk"
    ),
    "ride": List(
      """
      boat, sled, wagon, raft, balloon, cart, bicycle, ladder, rope, scooter, kite, secret path, swing, flying carpet, \
      long plank, tractor, skateboard, canoe, train, pair of stilts
      """),
    "glad": List("happy, glad, delighted, pleased, overjoyed, surprised, thrilled, proud", window: 4),
    "sound": List(
      """
      strange, loud, soft, scary, funny, squeaky, rustling, thumping, whispering, scratching, ringing, rumbling, \
      buzzing, clicking
      """, window: 6),
    "stuff": List(
      """
      paper, wood, wool, string, clay, glue, paint, cloth, straw, tape, cardboard, ribbon, thread, wire, wax, leather, \
      moss, sand, felt, rubber, silk, foil, bark, plaster, cotton
      """),
    "until": List(
      """
      sunset, bedtime, dinner time, tea time, late at night, midnight, the stars came out, the moon rose, the bell \
      rang, the clock struck nine, the rain stopped, the birds went to sleep
      """, window: 6),
    "need": List(
      "time, sun, rain, love, a song, patience, kind words, good soil, a little warmth, a friend, fresh air, moonlight",
      window: 6),
    "plant": List(
      """
      rose, sunflower, tulip, tree, daisy, pumpkin, lily, bean plant, poppy, cherry tree, strawberry plant, violet, \
      cactus, melon, bluebell, pear tree, thistle, mushroom, fern, snowdrop
      """),
    "number": List("two, three, seven, four, ten, five, six, twelve, eight, nine, twenty, a hundred", window: 4),
    "unit": List("days, weeks, nights, hours, mornings, months", window: 3),
    "contest": List(
      """
      race, singing contest, dancing contest, swimming race, cooking contest, kite contest, jumping contest, drawing \
      contest, sack race, whistling contest, boat race, joke contest, snowball contest, sleeping contest
      """, window: 6),
    "advice": List(
      """
      try your best, breathe slowly, smile, have fun, take your time, keep going, believe in yourself, start, laugh at \
      mistakes, close your eyes, listen to your heart, take one small step
      """, window: 6),
    "rank": List("last, first, second, third, fourth, fifth, in the middle, seventh, tenth", window: 3),
    "guide": List(
      """
      river, stars, moon, old road, red stones, birds, sound of the bell, footprints, wind, yellow flowers, smell of \
      bread, fireflies, fence, smoke
      """, window: 6),
    "ache": List(
      """
      a cold, a sore throat, a headache, a fever, a runny nose, a cough, a sore foot, a toothache, red spots, hiccups, \
      a stiff neck, a tummy ache
      """, window: 6),
    "day": List(
      """
      Sunday, morning, Saturday, evening, summer, Monday, Friday, spring, Wednesday, winter, Tuesday, Thursday, \
      autumn, rainy day, full moon, holiday
      """),
    "dream": List(
      """
      stars, flying, the sea, a mountain of cake, dancing fish, snow, a singing moon, golden apples, a ship in the \
      clouds, a land of pillows, whales, purple rain, talking trees, a thousand lanterns, a very long slide, rainbows, \
      tiny horses, a house of bread
      """),
    "lesson": List(
      """
      sharing makes everything better, a friend is worth more than gold, it is good to ask for help, kindness comes \
      back, it is fine to be afraid, small things can be wonderful, trying matters more than winning, two can do more \
      than one, patience brings good things, a smile costs nothing, nobody is too small to help, mistakes can be \
      mended, it is never too late to say sorry, listening is a kind of magic, the best gifts are made by hand, \
      home is where your friends are, every day brings a surprise, a song makes work easy, being different is lovely, \
      hope is a good companion, a little help goes a long way, the truth is always best
      """),
    "praise": List(
      "true, good, wonderful, great, kind, clever, dear, real, special, brave, generous, lovely, funny", window: 5),
  ]

  /// Names of girls and boys in turn: some that everybody knows, then those of two syllables, each with its own ending.
  private static let names: List = {
    let girls = """
      Lily Mia Anna Rosie Nora Ella Poppy Ruby Daisy Clara Lucy Molly Emma Zoe Ida Hazel Maya Tilly Sara Greta Wilma \
      Juno Olive Pip
      """
    let boys = """
      Tom Ben Max Sam Leo Finn Oscar Jack Toby Theo Hugo Otto Felix Paul Emil Milo Bruno Rufus Gus Ned Jonas Albert \
      Kasper Bo
      """
    let starts = """
      Al Am Ar Bel Bor Car Cor Dal Dor El Em Ev Fal Fen Fin Gal Gil Har Hel Iv Jan Jol Kal Kar Kir Lan Lin Lor Lun Mal \
      Mar Mel Mir Nel Nil Nor Ol Or Pel Pim Ral Rem Ros Sal Sel Sim Sor Tal Tam Til Tor Val Vel Ven Vil Wel Wim Yar \
      Yol Zel Zim Zor
      """
    func composed(_ known: String, _ endings: String) -> [String] {
      let syllables = starts.split(separator: " ")
      var seen: Set<String> = []
      // Endings outermost, so that every stretch of the tail has many beginnings.
      let tail = endings.split(separator: " ").flatMap { ending in syllables.map { "\($0)\(ending)" } }
      return (known.split(separator: " ").map(String.init) + tail).filter { seen.insert($0).inserted }
    }
    let (she, he) = (composed(girls, "a ina etta elia anna ola inka"), composed(boys, "o in us ek ian ello is"))
    var list = List("", exponent: 1, offset: 3, window: 24)
    list.words = zip(she, he).flatMap { [$0, $1] }
    return list
  }()
}
