// A slug from words: letters of many scripts written in ASCII, or kept where Unicode is allowed.
'use strict';
{
    // Letters that do not come apart into a base and an accent.
    const LETTERS = {
        ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', þ: 'th', ł: 'l', ħ: 'h', ı: 'i', ĸ: 'k', ŋ: 'ng', ŧ: 't', ſ: 's',
        ə: 'e', ƒ: 'f', '€': 'euro', '£': 'pound', '©': 'c', '®': 'r', '&': ' ',
    };

    function pairs(from, to) {
        const latin = to.split(' ');
        [...from].forEach((letter, index) => { LETTERS[letter] ??= latin[index] === '-' ? '' : latin[index]; });
    }

    // Greek, Cyrillic with its sisters, Georgian, Armenian, Arabic with Persian, Hebrew.
    pairs('αβγδεζηθικλμνξοπρσςτυφχψω', 'a b g d e z i th i k l m n x o p r s s t y f ch ps o');
    pairs('абвгдеёжзийклмнопрстуфхцчшщъыьэюя', 'a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch - y - e yu ya');
    pairs('єіїґўђѓѕјљњћќџ', 'ye i yi g u dj g dz j lj nj c k dz');
    pairs('әғқңөұүһ', 'a g q n o u u h');
    pairs('აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ', 'a b g d e v z t i k l m n o p zh r s t u p k gh q sh ch ts dz ts ch kh j h');
    pairs('աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆև', 'a b g d e z e y t zh i l kh ts k h dz gh ch m y n sh o ch p j r s v t r ts u p k o f ev');
    pairs('ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءئؤپچژگکیٹڈڑں', 'a b t th j h kh d dh r z s sh s d t z a gh f q k l m n h w y a h - y w p ch zh g k y t d r n');
    pairs('אבגדהוזחטיכךלמםנןסעפףצץקרשת', 'a b g d h v z ch t y k k l m m n n s a p f ts ts k r sh t');

    const MARKS = /\p{Mark}+/gu;

    function ascii(text) {
        let out = '';
        for (const letter of text.toLowerCase().normalize('NFC')) {
            if (letter in LETTERS) {
                out += LETTERS[letter];
                continue;
            }
            for (const part of letter.normalize('NFKD').replace(MARKS, '')) {
                out += LETTERS[part] ?? part;
            }
        }
        return out;
    }

    // text, the longest slug allowed, and whether letters beyond ASCII stay.
    window.URLify = (text, length, allowUnicode) => {
        const plain = allowUnicode
            ? text.normalize('NFKC').toLowerCase().replace(/[^\p{Letter}\p{Mark}\p{Number}_\s-]/gu, '')
            : ascii(text).replace(/[^a-z0-9_\s-]/g, '');
        const slug = plain.trim().replace(/[\s-]+/g, '-');
        return [...slug].slice(0, length).join('').replace(/^[-_]+|[-_]+$/g, '');
    };
}
