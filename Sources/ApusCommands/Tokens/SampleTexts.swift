// The text that tokenizers are measured on where no file is named: one paragraph in fifteen languages, the first
// article of the Universal Declaration of Human Rights (United Nations, 1948). The same content in each, so that the
// numbers of tokens compare.

import ApusCore
import ApusTokenizers

/// Texts to measure tokenizers on.
enum SampleTexts {
  /// What the texts are, in words.
  static func name(_ files: [String]) -> String {
    switch files.count {
    case 0: "the first article of human rights in \(paragraphs.count) languages"
    case 1: FileSystem.name(of: files[0])
    default: "\(files.count) files"
    }
  }

  /// A tokenizer's use of scripts in files, or in the paragraphs where none is named.
  static func measure(_ files: [String], _ tokenizer: any Tokenizer) throws(ApusError) -> ScriptMeasure {
    var measure = ScriptMeasure(tokenizer)
    for paragraph in files.isEmpty ? paragraphs : [] {
      // What a vocabulary has no token for is its own affair in a text that nobody chose.
      do throws(ApusError) { try measure.add(Array(paragraph.utf8)) } catch { continue }
    }
    for file in files {
      do throws(ApusError) { try measure.add(FileSystem.readAll(file)) } catch {
        var error = error
        error.file = error.file ?? file
        throw error
      }
    }
    return measure
  }

  static let paragraphs = [
    """
    All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience and \
    should act towards one another in a spirit of brotherhood.
    """,
    """
    Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и должны \
    поступать в отношении друг друга в духе братства.
    """,
    """
    Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. Είναι προικισμένοι με λογική \
    και συνείδηση, και οφείλουν να συμπεριφέρονται μεταξύ τους με πνεύμα αδελφοσύνης.
    """,
    """
    Բոլոր մարդիկ ծնվում են ազատ ու հավասար իրենց արժանապատվությամբ ու իրավունքներով։ Նրանք ունեն բանականություն ու \
    խիղճ և միմյանց պետք է եղբայրաբար վերաբերվեն։
    """,
    """
    ყველა ადამიანი იბადება თავისუფალი და თანასწორი თავისი ღირსებითა და უფლებებით. მათ მინიჭებული აქვთ გონება და \
    სინდისი და ერთმანეთის მიმართ უნდა იქცეოდნენ ძმობის სულისკვეთებით.
    """,
    """
    כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. כולם חוננו בתבונה ובמצפון, לפיכך חובה עליהם לנהוג איש \
    ברעהו ברוח של אחווה.
    """,
    """
    يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. وقد وهبوا عقلًا وضميرًا وعليهم أن يعامل بعضهم بعضًا بروح \
    الإخاء.
    """,
    """
    सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। उन्हें बुद्धि और \
    अन्तरात्मा की देन प्राप्त है और परस्पर उन्हें भाईचारे के भाव से बर्ताव करना चाहिए।
    """,
    """
    সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে। তাঁদের বিবেক এবং বুদ্ধি আছে; সুতরাং \
    সকলেরই একে অপরের প্রতি ভ্রাতৃত্বসুলভ মনোভাব নিয়ে আচরণ করা উচিত।
    """,
    """
    மனிதப் பிறவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்; அவர்கள் மதிப்பிலும் உரிமைகளிலும் சமமானவர்கள். அவர்கள் \
    நியாயத்தையும் மனச்சாட்சியையும் இயற்பண்பாகப் பெற்றவர்கள். அவர்கள் ஒருவருடனொருவர் சகோதர உணர்வுப் பாங்கில் \
    நடந்துகொள்ளல் வேண்டும்.
    """,
    """
    มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม \
    และควรปฏิบัติต่อกันด้วยเจตนารมณ์แห่งภราดรภาพ
    """,
    """
    የሰው ልጅ ሁሉ ሲወለድ ነጻና በክብርና በመብትም እኩልነት ያለው ነው። የተፈጥሮ ማስተዋልና ሕሊና ስላለው አንዱ ሌላውን በወንድማማችነት መንፈስ \
    መመልከት ይገባዋል።
    """,
    """
    모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 부여받았으며 \
    서로 형제애의 정신으로 행동하여야 한다.
    """,
    """
    人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。
    """,
    """
    すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授けられており、\
    互いに同胞の精神をもって行動しなければならない。
    """,
  ]
}
