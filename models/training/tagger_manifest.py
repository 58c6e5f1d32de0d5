"""The tagger's part of the manifest: all that is particular to receipts."""
import tagger, tagger_inputs
from tagger_model import WIDTH

# XXX: a sign of several currencies.
CURRENCIES = {'RM': 'MYR', 'MYR': 'MYR', '$': 'XXX', 'S$': 'SGD', 'SGD': 'SGD', 'US$': 'USD', 'USD': 'USD', '€': 'EUR', 'EUR': 'EUR', '£': 'GBP', 'GBP': 'GBP',
              '¥': 'JPY', 'CHF': 'CHF'}
AMOUNTS = {'subtotal': ['SUB TOTAL', 'TOTAL EXCL', 'EXCLUDING GST', 'TOTAL BEFORE', 'TAXABLE AMOUNT'],
           'tax': ['TOTAL GST', 'ADD GST', 'TOTAL TAX', 'GST AMT', 'GST AMOUNT', 'GST PAYABLE', 'GST TAX', 'SST', 'VAT', 'MWST', 'SALES TAX'],
           'service': ['SERVICE CHARGE', 'SERV CHARGE', 'SVC CHG', 'SERVICE TAX'],
           'discount': ['DISCOUNT', 'REBATE'],
           'rounding': ['ROUNDING', 'ROUND ADJ', 'RND ADJ'],
           'cash': ['CASH', 'TENDER', 'AMOUNT PAID', 'PAID AMOUNT', 'RECEIVED', 'PAYMENT'],
           'change': ['CHANGE', 'KEMBALI', 'BAKI']}
CHECKS = {'total_is_cash_less_change': {'field': 'total', 'terms': ['+cash', '-change'], 'tolerance': 0.001, 'passed': 0.7, 'failed': -1.5},
          'total_is_sum_of_parts': {'field': 'total', 'terms': ['+subtotal', '+tax?', '+service?', '-discount?', '+rounding?'], 'tolerance': 0.011,
                                    'passed': 0.3, 'failed': -0.5}}

# Words of shops and addresses, to put right what was read badly.
SPELLING = ('AMPANG AVENUE BAHRU BAKERY BALAKONG BANDAR BANGSAR BANGUNAN BATANG BENTONG BERHAD BERJUNTAI BESAR BESTARI BINTANG BLOCK BOOKS BUKIT '
            'BUTTERWORTH CARRY CENTRE CHERAS CHULAN COFFEE COMPANY CONFECTIONERY CORPORATION CYBERJAYA DAMAI DAMANSARA DARUL DENGKIL DINAR DUTAMAS '
            'EHSAN ELECTRICAL ELECTRONICS ENTERPRISE EXPRESS FARMASI FIRST FLOOR FRESH GALLERY GEORGETOWN GOLDEN GOMBAK GROUND GROUP GUDANG HARDWARE '
            'HIGHLANDS HOLDINGS HOUSE IBRAHIM INDAH INDUSTRIAL INDUSTRIES INTERNATIONAL JALAN JOHOR KAJANG KAMPUNG KAPAR KAWASAN KEBUDAYAAN KEDAH '
            'KEDAI KELANA KELANTAN KEMBANGAN KEPONG KITCHEN KLANG KLUANG KOMPLEKS KUALA KUCHAI KULAI LAMAN LEBUH LEBUHRAYA LEVEL LIMITED LORONG '
            'LUMPUR MACHINERY MAHKOTA MALAYSIA MALURI MANIS MARKET MARKETING MASAI MEDAN MELAKA MENARA MINIMARKET MOTOR MUKIM NEGERI NIAGA NILAI '
            'OPTICAL PAHANG PANDAN PARADIGM PASARAYA PENANG PERAK PERDANA PERINDUSTRIAN PERMAS PERNIAGAAN PERSIARAN PETALING PHARMACY PINANG PLAZA '
            'PONTIAN PRIMA PUCHONG PULAU PUSAT PUTERI PUTRA PUTRAJAYA RAWANG RESTAURANT RESTAURANTS RESTORAN RETAIL RIMBUNAN RUNCIT SABAH SARAWAK '
            'SECTION SEGAMAT SEGAR SEKSYEN SELANGOR SEMBILAN SEMENYIH SENAWANG SENTOSA SENTUL SERDANG SEREMBAN SERVICE SERVICES SETAPAK SETIA '
            'SHOPPING SIMPANG SINGAPORE SKUDAI SOLARIS SQUARE STATIONERY STREET SUBANG SULTAN SUNGAI SUPERMARKET SUPPLIES SUPPLY SYARIKAT TAMAN '
            'TANJUNG TASIK TEBRAU TEMENGGUNG TERENGGANU THREE TINGKAT TRADING UPTOWN UTAMA UTARA VILLAGE WANGSA WISMA ')

def part():
    """The members tagger, fields, amounts, checks and spelling."""
    height, width = tagger_inputs.PICTURE
    senses = {'text': {'model': 'text.onnx', 'length': tagger_inputs.LENGTH, 'alphabet': ['other'] + tagger_inputs.ALPHABET[1:]},
              'layout': {'model': 'layout.onnx'}, 'image': {'model': 'image.onnx', 'height': height, 'width': width, 'mean': 0.5, 'deviation': 0.5}}
    fields = {'company': {'type': 'text'}, 'date': {'type': 'date', 'day_first': True}, 'address': {'type': 'address'},
              'total': {'type': 'money', 'currencies': CURRENCIES}}
    return {'tagger': {'words_most': 512, 'width': WIDTH, 'labels': tagger.OUTPUTS, 'modalities': senses, 'fusion': {'model': 'fusion.onnx'}},
            'fields': fields, 'amounts': AMOUNTS, 'checks': CHECKS, 'spelling': SPELLING.strip()}
