/** Words that are guessed first, as such and with digits or signs after them. What is too short to be taken is left out of full forms. */
const WORDS = `password passwort passwords passw motdepasse letmein welcome willkommen bienvenue qwerty qwertyuiop qwertz
azerty iloveyou iloveyousomuch princess prinzessin sunshine football baseball superman batman pokemon starwars dragon
monkey shadow master michael jennifer jordan hunter trustno killer charlie thomas whatever freedom computer internet
samsung google facebook linkedin summer winter spring autumn sommer fruehling herbst januar february january march april
august september october november december administrator administrateur admin root test testing tester guest gast user
changeme changemenow default secret geheim secretsecret loveyou ilovemyself chocolate schokolade chocolat soleil doudou
loulou marseille bonjour jetaime hallo hallohallo schatz ficken arschloch fussball bayern dortmund deutschland berlin
hamburg muenchen london liverpool chelsea arsenal barcelona realmadrid america american australia basketball hello
helloworld helloo nothing blink forever mustang corvette ferrari porsche mercedes yankees cowboys lakers eagles letmeinnow
correcthorsebatterystaple smartgroups groups mailman newsletter password passwordpassword passwordisgood mypassword
thisisapassword notapassword yourpassword newpassword oldpassword adminadmin rootroot testtest qwertyqwerty zaq zxcvbnm
asdfghjkl asdfasdf asdfghjkl qazwsx qazwsxedc iwillfindyou iloveu babygirl lovely jessica ashley amanda daniel andrew
michelle matthew joshua anthony elizabeth alexander alexandra christian christopher stephanie sebastian maximilian
jesuschrist godisgood blessed jesus angel angels butterfly flower flowers family familie famille`;

export const COMMON: ReadonlySet<string> = new Set([
  ...WORDS.split(/\s+/),
  "1q2w3e4r5t",
  "1q2w3e4r5t6y",
  "1qaz2wsx3edc",
  "q1w2e3r4t5",
  "q1w2e3r4t5y6",
  "a1b2c3d4e5",
  "1234qwerasdf",
  "qwer1234asdf",
  "asdf1234qwer",
  "123qweasdzxc",
  "qwe123asd456",
  "zaq12wsxcde3",
  "3rjs1la7qe",
  "1029384756",
  "1357924680",
  "9876543210",
  "0987654321",
  "3141592653",
  "31415926535",
]);
