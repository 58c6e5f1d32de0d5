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
SPELLING = ('AMPANG AVENUE BAHRU BAKERY BALAKONG BANDAR BANGSAR BANGUNAN BERHAD BERJUNTAI BLOCK BUKIT BUTTERWORTH CENTRE CHERAS COFFEE COMPANY '
            'CONFECTIONERY CORPORATION CYBERJAYA DAMANSARA DARUL EHSAN ELECTRICAL ELECTRONICS ENTERPRISE EXPRESS FARMASI FLOOR GALLERY GEORGETOWN '
            'GOMBAK GROUND GUDANG HARDWARE HIGHLANDS HOLDINGS INDAH INDUSTRIAL INDUSTRIES INTERNATIONAL JALAN JOHOR KAJANG KAMPUNG KAWASAN KEDAI '
            'KELANTAN KEMBANGAN KEPONG KITCHEN KLANG KLUANG KOMPLEKS KUALA LEBUHRAYA LEVEL LIMITED LORONG LUMPUR MACHINERY MAHKOTA MALAYSIA MALURI '
            'MARKET MARKETING MELAKA MENARA MINIMARKET NEGERI OPTICAL PAHANG PASARAYA PENANG PERINDUSTRIAN PERMAS PERNIAGAAN PERSIARAN PETALING '
            'PHARMACY PINANG PONTIAN PUCHONG PUSAT PUTRAJAYA RAWANG RESTAURANT RESTAURANTS RESTORAN RETAIL RUNCIT SARAWAK SECTION SEGAMAT SEKSYEN '
            'SELANGOR SEMBILAN SEMENYIH SENAWANG SERDANG SEREMBAN SERVICE SERVICES SETAPAK SHOPPING SIMPANG SINGAPORE SKUDAI SQUARE STATIONERY '
            'STREET SUBANG SULTAN SUNGAI SUPERMARKET SUPPLIES SUPPLY SYARIKAT TAMAN TEBRAU TEMENGGUNG TERENGGANU TINGKAT TRADING VILLAGE ')

# Below LEAST a value is rather wrong than right, and withheld; from REVIEW on, one in a hundred is wrong on dev.
LEAST, REVIEW = 0.35, 0.9

def part():
    """The members tagger, fields, amounts, checks and spelling."""
    height, width = tagger_inputs.PICTURE
    senses = {'text': {'model': 'text.onnx', 'length': tagger_inputs.LENGTH, 'alphabet': ['other'] + tagger_inputs.ALPHABET[1:]},
              'layout': {'model': 'layout.onnx'}, 'image': {'model': 'image.onnx', 'height': height, 'width': width, 'mean': 0.5, 'deviation': 0.5}}
    fields = {'company': {'type': 'text'}, 'date': {'type': 'date', 'day_first': True}, 'address': {'type': 'address'},
              'total': {'type': 'money', 'currencies': CURRENCIES}}
    for field in fields.values(): field.update(least=LEAST, review=REVIEW)
    return {'tagger': {'words_most': 512, 'width': WIDTH, 'labels': tagger.OUTPUTS, 'modalities': senses, 'fusion': {'model': 'fusion.onnx'}},
            'fields': fields, 'amounts': AMOUNTS, 'checks': CHECKS, 'spelling': SPELLING.strip()}
